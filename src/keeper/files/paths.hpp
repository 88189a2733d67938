// Paths as text: what clients, links and archives write, before any of it is opened.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "system/path_text.hpp"

namespace ostler::keeper {

// What the kernel takes in one call, without the NUL.
constexpr std::size_t path_length_max = 4095;
constexpr std::size_t link_chain_max = 40;

struct split_path {
  // "." when the path has one component only.
  std::string folder;
  // Never holds a slash; empty for "/".
  std::string name;
};

// The last component and what leads to it; slashes at the end do not count.
split_path split(std::string_view path);
std::string join(std::string_view folder, std::string_view name);

// Takes the first component from `rest`, with the slashes around it; empty when there is none.
std::string_view next_component(std::string_view& rest);
bool has_component(std::string_view path, std::string_view component);

using system::is_utf8;
using system::shown;

}  // namespace ostler::keeper

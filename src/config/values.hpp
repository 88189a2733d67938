// Single values of settings: what each kind of text or number means, and what is said when it means nothing.
//
// Each returns nothing after it has told the mistake.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/instant.hpp"
#include "config/mistakes.hpp"
#include "config/node.hpp"
#include "wire/keeper_spec.hpp"

namespace ostler::config {

// A value, and the path of its key for messages.
struct given {
  node const& value;
  std::string const& name;
  mistakes& told;

  void refuse_kind(std::string allowed) const;
  void refuse(error_code code, std::string_view why, std::string allowed) const;
};

std::optional<bool> flag_of(given const& what);
std::optional<std::int64_t> whole_of(given const& what, std::int64_t least, std::int64_t most);
// `beginnings`: empty ones do not count; with none, any text.
std::optional<std::string> text_of(given const& what, std::span<std::string_view const> beginnings = {});
std::optional<std::string> path_of(given const& what);
std::optional<std::string> signal_of(given const& what);
std::optional<std::string> choice_of(given const& what, std::span<std::string_view const> choices);
std::optional<std::vector<std::string>> texts_of(given const& what);
std::optional<std::vector<std::string>> paths_of(given const& what);
std::optional<std::vector<std::string>> variables_of(given const& what);
std::optional<milliseconds> duration_of(given const& what, milliseconds least);
std::optional<std::pair<milliseconds, milliseconds>> durations_of(given const& what);
std::optional<std::int64_t> size_of(given const& what);
std::optional<std::int64_t> processors_of(given const& what);
std::optional<wire::port_spec> port_of(given const& what);
std::optional<std::pair<int, int>> statuses_of(given const& what);

struct command_line {
  std::vector<std::string> command;
  bool shell = false;
};
std::optional<command_line> command_of(given const& what);

// Relative, and without "..": it stays below the project.
bool is_path_inside(std::string_view path);
// "4G", where it is whole; else the number of bytes.
std::string format_size(std::int64_t bytes);

}  // namespace ostler::config

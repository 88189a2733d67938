// The kinds and labels of the local place, and what its handles look like.
#pragma once

#include <algorithm>
#include <fmt/format.h>
#include <string>
#include <string_view>

#include "providers/local/marker.hpp"
#include "providers/provider.hpp"

namespace ostler::providers::local {

constexpr std::string_view directory_kind = "directory";
constexpr std::string_view home_label = "keeper";
constexpr std::string_view workspace_label = "workspace";
// Within the labelled directory.
constexpr char const* home_inside = "keeper";
constexpr char const* workspace_inside = "work";
// Beside it: what was put into it by us (wire/work.hpp).
constexpr char const* put_list_inside = "put.list";

// The version comes first, so that another one may say something else.
inline std::string handle_of(std::string_view path) { return fmt::format("local-1 {}", path); }

inline marker expected_marker(place const& where, named_resource const& what) {
  return {.daemon = where.whose.daemon,
          .instance = where.whose.instance,
          .generation = where.whose.generation,
          .kind = what.kind,
          .label = what.label,
          .name = what.name,
          .keeper = {}};
}

inline named_resource const* find_directory(place const& where, std::string_view label) {
  auto const found = std::ranges::find_if(
      where.resources, [&](auto const& one) { return one.kind == directory_kind && one.label == label; });
  return found == where.resources.end() ? nullptr : &*found;
}

}  // namespace ostler::providers::local

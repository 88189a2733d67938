// A workspace and what it is a copy of, both open at the same folder. Every name is opened beneath an open
// directory and no link is followed, so that nothing is compared with itself by a detour.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "system/fd.hpp"

namespace ostler::keeper {

struct folders {
  system::fd place;
  // Closed when there is no such folder.
  system::fd project;
};

// `project` empty for none; one that is gone is none either.
result<folders> open_tops(std::string const& workspace, std::string const& project);
// What it is a copy of, looked at by itself.
result<folders> project_alone(folders const& at);
// One folder further down. Nothing when the workspace has none of this name.
result<std::optional<folders>> enter(folders const& at, std::string const& name);
// Down a path.
result<std::optional<folders>> descend(folders const& at, std::string_view path);

}  // namespace ostler::keeper

// Single files and directories of a project brought into a workspace that is new: what the project says an
// instance needs and a copy without it, or an empty place, would not have.
//
// What is there already stays. Paths are walked name by name, and no link is followed, so nothing outside of
// the project is ever read. It blocks.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "providers/local/tree_copy.hpp"

namespace ostler::providers::local {

// The names of a path below the project, one after the other.
std::vector<std::string> parts_of(std::string_view path);

// provider_refused for a path that is absolute, leads upwards, or is none.
result<void> check_listed(std::vector<std::string> const& paths);

// `workspace` is open. Gives a sentence for each that could not be copied.
result<std::vector<std::string>> copy_listed(std::string const& project, int workspace,
                                             std::vector<std::string> const& paths,
                                             copy_options const& options, std::stop_token const& stop,
                                             copy_watcher const& watch);

}  // namespace ostler::providers::local

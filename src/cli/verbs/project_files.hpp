// The settings of the caller's project, and whether their commands were agreed to.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/verbs/context.hpp"
#include "config/discovery.hpp"
#include "config/trust.hpp"

namespace ostler::cli {

// $XDG_CONFIG_HOME/ostler, or ~/.config/ostler.
std::string user_settings_directory(context const& with);
// With every layer. --config, --file and OSTLER_CONFIG name a file; "-" is standard input.
result<config::loaded_project> load_project(context const& with);
// The file of agreements.
result<std::string> trust_file(context const& with);
// Shows what was not agreed to and asks; refuses where nobody can be asked.
result<void> ensure_trusted(context const& with, config::loaded_project const& what);
// "    web      npm run dev", one line each.
std::string commands_text(std::vector<config::told_command> const& commands);

}  // namespace ostler::cli

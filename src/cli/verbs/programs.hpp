// Other programs: the daemon beside us, and what is found on PATH.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/verbs/context.hpp"

namespace ostler::cli {

// OSTLER_DAEMON, or ostlerd beside our own program; never one that PATH happens to name.
result<std::string> daemon_program(context const& with);
// This process goes on as that program, with our environment and what is added. Comes back only when it could
// not be.
std::unexpected<error> become(std::vector<std::string> const& words,
                              std::vector<std::string> const& environment);

}  // namespace ostler::cli

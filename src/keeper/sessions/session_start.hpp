// What a request to run a command comes to: checked, with everything made that it is to be started with.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "keeper/hold/spawn.hpp"
#include "keeper/sessions/exec_output.hpp"
#include "keeper/sessions/session_needs.hpp"
#include "keeper/sessions/terminal_output.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::keeper {

struct session_plan {
  std::vector<std::string> argv;
  std::vector<std::string> environment;
  std::string directory;
  std::optional<spawn_user> user;
};
result<session_plan> plan_session(session_needs const& needs, wire::exec_start const& wanted);

// Both sides of the descriptors of a command: the program's, and one of the two kinds of ours.
struct session_ends {
  system::fd input;
  system::fd output;
  system::fd errors;
  std::optional<exec_pipes> pipes;
  std::optional<terminal_start> terminal;
};
result<session_ends> open_ends(wire::exec_start const& wanted, std::optional<spawn_user> const& user);

}  // namespace ostler::keeper

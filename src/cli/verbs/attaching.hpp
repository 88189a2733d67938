// Being at a terminal that lives in an instance: what is typed goes there, what it shows comes here, until it
// ends or the keys to leave are typed.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "cli/detach_keys.hpp"
#include "cli/verbs/context.hpp"
#include "operations/session_values.hpp"

namespace ostler::cli {

struct terminal_call {
  std::string instance;
  std::string session;
  detach_keys keys;
  // Nothing is typed into it.
  bool only_look = false;
};

// --detach-keys, or ctrl-q.
result<detach_keys> keys_of(arguments const& call);
// The exit code of what ran there; 0 when it was left. Beginning and leaving are told on standard error.
result<int> attach_to(context& with, terminal_call call);
// As a shell would say it: of a signal 128 and its number; 125 when nobody knows.
int exit_code_of(std::optional<wire::exit_told> const& how);

}  // namespace ostler::cli

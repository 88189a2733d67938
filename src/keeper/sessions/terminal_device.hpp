// A pseudoterminal: our end, and the end that a program takes for its terminal.
#pragma once

#include <optional>
#include <sys/types.h>

#include "base/result.hpp"
#include "system/fd.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::keeper {

struct terminal_ends {
  // Does not block.
  system::fd ours;
  system::fd program;
};

// The program's end belongs to `owner`, who may otherwise not open it as /dev/tty.
result<terminal_ends> open_terminal(wire::terminal_size size, std::optional<uid_t> owner);
// The programs in the foreground are told by SIGWINCH when it differs.
result<void> set_terminal_size(int ours, wire::terminal_size size);

}  // namespace ostler::keeper

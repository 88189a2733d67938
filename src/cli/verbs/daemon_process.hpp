// The daemon as a process of this machine: which one holds our socket, and asking it to end. What it says of
// itself is believed only when the kernel says the same of who accepted the connection.
#pragma once

#include <string>
#include <sys/types.h>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "system/fd.hpp"

namespace ostler::cli {

struct daemon_process {
  pid_t pid = 0;
  // Becomes readable when it ends.
  system::fd pidfd;
};

// daemon_unreachable when nobody listens there; not_permitted when it is another user's.
result<daemon_process> who_listens(std::string const& socket);
// SIGTERM, and its end awaited; timed_out when it goes on.
result<void> end_daemon(daemon_process const& whom, milliseconds limit);

}  // namespace ostler::cli

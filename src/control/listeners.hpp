// Sockets that listen: the unix socket of our own user, the loopback addresses, and those that somebody
// opened for us before we were started.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "base/result.hpp"
#include "control/caller.hpp"
#include "system/fd.hpp"

namespace ostler::control {

struct listener {
  system::fd socket;
  door_kind door = door_kind::tcp;
  // Of tcp.
  std::uint16_t port = 0;
  // Of a unix socket that we made ourselves, and remove when we leave.
  std::string path;
};

// Makes the directory for ourselves alone when it is not there, and refuses one that others may enter. What
// is left of a daemon that is gone is replaced in one step; where somebody still listens: state_locked.
result<listener> listen_unix(std::string const& path);

// 127.0.0.1 and, where the machine has it, ::1, both at the same port; 0 takes any that is free on both.
// port_taken.
result<std::vector<listener>> listen_tcp(std::uint16_t port);

// What systemd says in LISTEN_PID and LISTEN_FDS; empty when it is not meant for us. The descriptors are
// looked at: each must be a stream socket that listens, and of tcp on a loopback address.
result<std::vector<listener>> handed_over(std::string_view listen_pid, std::string_view listen_fds,
                                          pid_t self, int first_fd = 3);

}  // namespace ostler::control

// Ports of this machine that lead to ports in an instance: each connection becomes one of the daemon's, and
// bytes go both ways as fast as the slower side takes them. One thread, one poll.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/verbs/context.hpp"

namespace ostler::cli {

struct forward {
  std::uint16_t local = 0;
  std::uint16_t remote = 0;
};

// Listens on 127.0.0.1 only, until Ctrl-C.
result<int> forward_ports(context& with, std::string const& instance, std::vector<forward> const& wanted);

}  // namespace ostler::cli

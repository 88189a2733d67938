// All numbers that bound what strangers can make the door spend. Tests make them small.
#pragma once

#include <cstddef>

#include "base/instant.hpp"
#include "control/request_keys.hpp"

namespace ostler::control {

struct limits {
  // Deadlines are looked at this often.
  milliseconds sweep{1s};
  // From the first byte of a request to the end of its head.
  milliseconds head{10s};
  // Between requests.
  milliseconds idle{120s};
  // The body: so long, and more for what comes, at the least rate in bytes a second.
  milliseconds body{10s};
  std::size_t body_rate = 1024;
  // Until the other side takes a piece of an answer, 64 KiB at most.
  milliseconds write{30s};
  // For the rest of a request that was refused, so that the refusal is read before the connection ends.
  milliseconds linger{2s};

  // Plain connections, each door for itself, so that the one cannot fill the other.
  std::size_t tcp_connections = 1024;
  std::size_t unix_connections = 256;
  std::size_t websockets = 16384;

  // Requests a second of one caller, and how many at once. Those who are nobody share one allowance.
  double rate = 500;
  double burst = 1000;
  double rate_of_strangers = 50;
  double burst_of_strangers = 100;

  key_limits keys;

  // WebSockets.
  milliseconds ping{30s};
  milliseconds silence{90s};
  milliseconds close{10s};
  std::size_t queue_messages = 1024;
  std::size_t queue_bytes = 4UL * 1024 * 1024;
};

}  // namespace ostler::control

// All that happens, followed over losses of the connection and restarts of the daemon: every event once and
// in order, or a word that some were missed. Blocks until it is stopped or nobody has answered for too long.
#pragma once

#include <cstdint>
#include <functional>
#include <variant>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "client/connection.hpp"
#include "operations/event_values.hpp"
#include "operations/log_operations.hpp"
#include "whereabouts/whereabouts.hpp"

namespace ostler::client {

// The connection was lost; it is dialled again. What was heard last may be old by now.
struct events_interrupted {
  error why;
};
// It is back, and goes on behind the last event that was heard.
struct events_resumed {
  std::uint64_t after = 0;
};
// It is back, but the daemon no longer knows the events behind `after`, or is another one. A snapshot
// follows; what happened in between is not told.
struct events_missed {
  std::uint64_t after = 0;
};
using event_news = std::variant<operations::snapshot, operations::lifecycle_update, events_interrupted,
                                events_resumed, events_missed>;

struct follow_options {
  // How long nobody may answer until following ends with the error. Zero: at the first loss.
  milliseconds patience{60s};
  // Silence after which the daemon is asked whether it is there, and after which it counts as lost.
  milliseconds ping_after{20s};
  milliseconds silence_max{60s};
  // When this becomes readable, following ends. -1 for none.
  int stop_fd = -1;
};

// Ends without an error when `take` stops it or stop_fd is readable. A subscription that is refused the first
// time ends with that refusal.
result<void> follow_events(whereabouts::daemon_address const& where,
                           operations::event_subscription const& wanted,
                           std::function<flow(event_news const&)> const& take,
                           follow_options const& options = {});

}  // namespace ostler::client

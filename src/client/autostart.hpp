// Starts this user's daemon when nobody answers on its socket. Several who try at once start one: each daemon
// but the first finds the state directory held and goes away, and everybody waits for whoever answers.
//
// The daemon is OSTLER_DAEMON, or `ostlerd` beside our own program; never one that PATH happens to name,
// because whoever may write there would be started with all that we may do. How it says that it answers:
// whereabouts/readiness.hpp.
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "whereabouts/whereabouts.hpp"

namespace ostler::client {

struct autostart_options {
  // Of the start, until it answers.
  milliseconds limit{15s};
};

struct daemon_started {
  pid_t pid = 0;
  std::string socket;
};

// Nothing when it answers already, or when OSTLER_URL names another one, which is not looked at.
// daemon_unreachable when it does not answer and may not be started (OSTLER_NO_AUTOSTART=1), or when its
// start failed: with the end of its log.
result<std::optional<daemon_started>> ensure_daemon(whereabouts::variables const& look_up,
                                                    autostart_options const& options = {});

}  // namespace ostler::client

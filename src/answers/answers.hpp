// The code that answers the operations: what is asked outside, put to the supervisor and the keepers, and
// what they say, told in the words of operations/.
//
// It decides nothing that the lifecycle decides. What it adds is what only the door needs: which instance is
// meant, whether the caller may see it, what an answer looks like, and how long to wait for it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "async/pool.hpp"
#include "base/instant.hpp"
#include "control/bindings.hpp"
#include "supervisor/supervisor.hpp"

namespace ostler::answers {

using async::task;

struct answer_needs {
  supervisor::supervisor* middle = nullptr;
  // For what blocks: the journal's events.
  async::pool* workers = nullptr;
  async::home where;
  std::string version;
  // What it can do beyond the version, by name.
  std::vector<std::string> features;
  wall_time started{};
  // Of the state directory; the same over restarts.
  std::string daemon;
  // Taken when a request names none; the name of one of the supervisor's providers.
  std::string default_provider;
  // How many listen to the events.
  std::function<std::uint64_t()> subscribers;
  // What others count, in the text format of Prometheus, whole lines. May be empty.
  std::function<std::string()> more_metrics;
};

// All operations but those of agents and the subscription to events. `needs` outlives the bindings, and all
// that was asked of them.
void bind_all(control::bindings& into, answer_needs const& needs);

}  // namespace ostler::answers

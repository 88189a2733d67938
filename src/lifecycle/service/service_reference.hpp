// The documentation's table of the service, printed by asking the machine itself; and the representative
// states and events by which it is asked, which the test of all pairs uses too.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lifecycle/service/service.hpp"

namespace ostler::lifecycle {

struct service_sample {
  std::string_view name;
  service state;
  service_rules rules;
};
// Every phase, and what can be left of a tree in it, each reached by events only.
std::vector<service_sample> service_samples();

struct service_event_sample {
  std::string name;
  service_event event;
  // The event happens when the sample's wake has come, or before.
  bool when_due = false;
};
// Every event as it is told of the newest process of `state`, and those of an older one.
std::vector<service_event_sample> service_event_samples(service const& state);

struct service_outcome {
  // "starting (spawning)"
  std::string to;
  // "spawn, service.starting", "refused: stale process" or "noted".
  std::string does;
};
service_outcome service_probe(service_sample const& from, service_event_sample const& event);

// Markdown: from | event | to | does.
std::string service_reference();

}  // namespace ostler::lifecycle

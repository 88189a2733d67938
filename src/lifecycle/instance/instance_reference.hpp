// The documentation's tables of the instance, printed by asking the machine itself; and the representative
// instances and events by which it is asked, which the test of all pairs uses too.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lifecycle/instance/driven_instance.hpp"

namespace ostler::lifecycle {

struct instance_sample {
  std::string_view name;
  driven_instance state;
};
// Every phase, and what is worth telling apart in one, each reached by events only.
std::vector<instance_sample> instance_samples();

struct instance_event_sample {
  std::string_view name;
  instance_event event;
  // The event happens when the sample's wake has come, or before.
  bool when_due = false;
};
// Every event, as an answer to what is under way in `state` where it is an answer.
std::vector<instance_event_sample> instance_event_samples(driven_instance const& state);

// "preparing", "ask turn, held directory, instance.phase", or "ignored: stale answer", "refused: invalid …".
struct instance_outcome {
  std::string to;
  std::string does;
  bool operator==(instance_outcome const&) const = default;
};
instance_outcome instance_probe(instance_sample const& from, instance_event_sample const& event);

// Events that come to the same from one sample, together.
struct instance_row {
  std::string from;
  std::string events;
  instance_outcome outcome;
};
std::vector<instance_row> instance_rows();

// Markdown: the phases, then from | event | to | does.
std::string instance_reference();

}  // namespace ostler::lifecycle

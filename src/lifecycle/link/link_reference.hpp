// The documentation's table of the link, printed by asking the machine itself; and the representative states
// and events by which it is asked, which the test of all pairs uses too.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lifecycle/link/link.hpp"

namespace ostler::lifecycle {

struct link_sample {
  std::string_view name;
  link state;
};
// Every state, and both halves of reconnecting, each reached by events only.
std::vector<link_sample> link_samples();

struct link_event_sample {
  std::string name;
  link_event event;
  // The event happens when the sample's wake has come, or before.
  bool when_due = false;
};
// Every event as it comes from the newest stream of `state`, and those of an older stream.
std::vector<link_event_sample> link_event_samples(link const& state);

// "dialing: close_stream, link_failed_first" or "refused: stale stream".
struct link_outcome {
  std::string to;
  std::string does;
};
link_outcome link_probe(link_sample const& from, link_event_sample const& event);

// Markdown: from | event | to | does.
std::string link_reference();

}  // namespace ostler::lifecycle

// What came to the door, in the text format of Prometheus.
#pragma once

#include <string>

#include "control/door_counts.hpp"

namespace ostler::daemon {

// Whole lines.
std::string door_metrics(control::door_counts const& counts);

}  // namespace ostler::daemon

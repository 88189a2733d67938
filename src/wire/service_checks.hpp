// What is wrong with the spec of services, as far as it can be said without a place: the same refusal
// wherever a spec comes in. Pure. Patterns are left to whoever has the library that reads them.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "wire/keeper_spec.hpp"

namespace ostler::wire {

// Names twice, needs that are unknown or in a circle, signals that are none, numbers out of range: the first
// trouble, naming the service and the key.
result<void> check_services(std::vector<service_spec> const& services);
// Less than nothing is no limit; the refusal names `whose` it is.
result<void> check_limits(limits_spec const& limits, std::string_view whose);

// "TERM", "SIGTERM" or "15".
result<int> parse_signal(std::string_view text);

}  // namespace ostler::wire

// What a service's spec means for its machine, and what is wrong with a spec. Pure.
#pragma once

#include <vector>

#include "keeper/hold/limits.hpp"
#include "lifecycle/service/service.hpp"
#include "wire/keeper_spec.hpp"

namespace ostler::keeper {

lifecycle::service_rules rules_of(wire::service_spec const& spec, std::uint16_t port);

result<void> check_limits_of_all(wire::keeper_spec const& spec);

// What is 0 is not limited.
run_limits limits_of(wire::limits_spec const& spec);

// Patterns that are none, and whatever wire::check_services refuses: the first trouble, naming the service
// and the key.
result<void> check_services(std::vector<wire::service_spec> const& services);

}  // namespace ostler::keeper

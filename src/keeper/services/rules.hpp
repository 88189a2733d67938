// What a service's spec means for its machine, and what is wrong with a spec. Pure.
#pragma once

#include <vector>

#include "lifecycle/service/service.hpp"
#include "wire/keeper_spec.hpp"

namespace ostler::keeper {

lifecycle::service_rules rules_of(wire::service_spec const& spec, std::uint16_t port);

// Patterns that are none, and whatever wire::check_services refuses: the first trouble, naming the service
// and the key.
result<void> check_services(std::vector<wire::service_spec> const& services);

}  // namespace ostler::keeper

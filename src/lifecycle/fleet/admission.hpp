// Whether a spec may become an instance at all: what can be said without looking at anything else.
#pragma once

#include "lifecycle/instance/instance.hpp"
#include "lifecycle/policy/numbers.hpp"

namespace ostler::lifecycle {

// Names that are DNS labels, services named once, ports that can be, sizes within limits.
result<void> check_spec(instance_spec const& spec, numbers const& limits);

}  // namespace ostler::lifecycle

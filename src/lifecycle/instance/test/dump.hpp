// An instance as text with every field in it, to compare two of them in tests; they have no operator==.
#pragma once

#include <string>

#include "lifecycle/instance/step.hpp"

namespace ostler::lifecycle {

std::string dump(instance const& it);
// With orders, notices, ledger, refusal.
std::string dump(instance_step const& done);

}  // namespace ostler::lifecycle

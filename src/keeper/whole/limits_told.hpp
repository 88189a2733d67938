// Whether the limits of all runs together hold, as the link and the ledger tell it.
#pragma once

#include <string>
#include <vector>

#include "keeper/hold/shared_limits.hpp"
#include "wire/keeper_link.hpp"

namespace ostler::keeper {

std::vector<wire::ability> told(std::vector<shared_limit> const& all);
// "memory: 1 GiB, by cgroup1; pids: 100 processes, not enforced: …"; empty when there are none.
std::string text_of(std::vector<shared_limit> const& all);

}  // namespace ostler::keeper

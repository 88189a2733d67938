// When memory ends, the kernel is to take others first: the keeper has hardly any, and without it nobody
// would say what happened to them.
#pragma once

#include <optional>

namespace ostler::keeper {

// Asks for it. Returns the adjustment that held before, for whoever we start; nothing when we may not ask,
// and all stays as it is.
std::optional<int> ask_to_be_spared();

}  // namespace ostler::keeper

// How long ago, and how long it took, in as few characters as say it.
#pragma once

#include <string>

#include "base/instant.hpp"

namespace ostler::cli {

// "3s", "14m", "5h", "12d": the largest unit alone. What lies ahead, because two clocks differ, is "0s".
std::string age(milliseconds since);
// "0.3s", "42.1s", "3m05s", "1h02m"
std::string elapsed(milliseconds span);

}  // namespace ostler::cli

// The two clocks of base/instant.hpp, read.
#pragma once

#include "base/instant.hpp"

namespace ostler::system {

instant now();
wall_time wall_now();

}  // namespace ostler::system

// The moment, as the pure machines are told of it.
#pragma once

#include "base/instant.hpp"

namespace ostler::system {

// Both clocks, and fresh chance.
moment this_moment();

}  // namespace ostler::system

#include "system/moment.hpp"

#include "system/clock.hpp"
#include "system/random.hpp"

namespace ostler::system {

moment this_moment() { return {.now = now(), .wall = wall_now(), .luck = random_bits()}; }

}  // namespace ostler::system

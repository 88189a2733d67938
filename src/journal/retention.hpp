// The retention rule made into what every journal can compare with.
#pragma once

#include <algorithm>
#include <cstddef>

#include "journal/journal.hpp"

namespace ostler::journal {

struct retention_limits {
  std::size_t least;  // so many newest events stay whatever their age
  std::size_t most;   // more never stay
  wall_time old;      // between the two an event of this time or before goes
};

// Numbering goes on from the newest event kept, so one always stays.
inline retention_limits retention_bounds(retention rule, wall_time now) {
  auto const most = std::max<std::size_t>(rule.events_max, 1);
  return {
      .least = std::clamp<std::size_t>(rule.events_min, 1, most), .most = most, .old = now - rule.age_min};
}

}  // namespace ostler::journal

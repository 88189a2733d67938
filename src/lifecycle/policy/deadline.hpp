// A limit on how long something may take, and a lease: a right that ends by itself.
//
// Both are values; whoever holds one asks it with the present instant. Neither arms a timer: the owner wakes
// at `at()` or `expires()`.
#pragma once

#include <algorithm>

#include "base/instant.hpp"

namespace ostler::lifecycle {

struct deadline {
  instant armed;
  milliseconds limit{};

  instant at() const { return armed + limit; }
  bool expired(instant now) const { return now >= at(); }
  // Never negative.
  nanoseconds remaining(instant now) const { return std::max<nanoseconds>(at() - now, 0ns); }
  nanoseconds elapsed(instant now) const { return std::max<nanoseconds>(now - armed, 0ns); }

  bool operator==(deadline const&) const = default;
};

struct lease {
  instant granted;
  milliseconds ttl{};

  instant expires() const { return granted + ttl; }
  bool expired(instant now) const { return now >= expires(); }
  lease renewed(instant now) const { return {.granted = std::max(granted, now), .ttl = ttl}; }
  // While we slept from `last_awake` to `now` we could not hear a renewal, so the lease gets a whole ttl
  // more. A lease that had ended before we fell asleep stays ended.
  lease extended_after_stall(instant last_awake, instant now) const {
    return expired(last_awake) ? *this : renewed(now);
  }

  bool operator==(lease const&) const = default;
};

}  // namespace ostler::lifecycle

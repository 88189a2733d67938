// Limits on how long something may take, and a lease: a right that ends by itself.
//
// All are values; whoever holds one asks it with the present instant. None arms a timer: the owner wakes at
// `at()`, `wake()` or `expires()`.
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

// A deadline that is not reached by our own sleep. While we slept we could not see that the other side was
// done, or it slept as well; so after a sleep the whole limit runs again. The owner looks three times within
// the limit, which notices every sleep longer than two thirds of it, and any shorter one leaves the other
// side at least the remaining third.
class awake_limit {
 public:
  awake_limit() = default;
  awake_limit(milliseconds limit, instant now) : limit_(limit), looked_(now), end_(now + limit) {}

  // Looks: has the limit passed while we were awake?
  bool passed(instant now) {
    // A look that is late by less than a second proves only that the machine is busy.
    if (now - wake() > std::max<milliseconds>(limit_ / 3, 1s)) end_ = now + limit_;
    looked_ = now;
    return now >= end_;
  }
  // When to look next.
  instant wake() const { return std::min(looked_ + std::max<milliseconds>(limit_ / 3, 1ms), end_); }

  bool operator==(awake_limit const&) const = default;

 private:
  milliseconds limit_{};
  instant looked_{};
  instant end_{};
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

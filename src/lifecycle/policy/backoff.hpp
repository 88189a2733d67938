// How long to wait before the next attempt: growing, capped, and spread.
//
// The spread is symmetric and is applied after the cap: otherwise all who reached the cap would come back at
// the same moment, which is exactly when spreading matters.
#pragma once

#include <cstdint>

#include "base/instant.hpp"

namespace ostler::lifecycle {

struct backoff {
  milliseconds first{1s};
  double factor = 2;
  milliseconds cap{30s};
  // Fraction of the wait by which it may be shorter or longer.
  double jitter = 0.1;

  bool operator==(backoff const&) const = default;
};

// `attempt` counts from 1; `luck` is 64 random bits. Never negative, never more than cap * (1 + jitter).
milliseconds delay(backoff const& rule, int attempt, std::uint64_t luck);

}  // namespace ostler::lifecycle

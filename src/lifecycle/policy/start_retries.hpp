// How often a failed start is tried again, and how long to wait before each: 1 s, 2 s, 4 s. The waits are
// exact: a person looks on, and nobody else starts the same instance at the same moment.
#pragma once

#include <optional>

#include "lifecycle/policy/backoff.hpp"

namespace ostler::lifecycle {

struct start_retries {
  int retries_max = 3;
  backoff waits{.first = 1s, .factor = 2, .cap = duration_max, .jitter = 0};

  // `retry` counts from 1; nothing when the retries are used up.
  std::optional<milliseconds> wait_before(int retry) const {
    if (retry < 1 || retry > retries_max) return std::nullopt;
    return delay(waits, retry, 0);
  }

  bool operator==(start_retries const&) const = default;
};

}  // namespace ostler::lifecycle

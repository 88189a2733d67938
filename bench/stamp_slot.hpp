// What a measured child writes down for whoever measures it: a slot in a file that both have mapped.
#pragma once

#include <cstdint>

namespace ostler::bench {

struct stamp_slot {
  // CLOCK_MONOTONIC in nanoseconds: of the child's first instruction, and of its last but one.
  std::uint64_t first;
  std::uint64_t last;
  std::int32_t pid;
  // How many children have written here. A futex, so that nobody has to look again and again.
  std::uint32_t born;
};

}  // namespace ostler::bench

#include "lifecycle/policy/deadline.hpp"

#include <gtest/gtest.h>

namespace ostler::lifecycle {
namespace {

constexpr instant start = instant{} + 1h;

TEST(deadline, passes_exactly_at_its_limit) {
  deadline const limit{.armed = start, .limit = 10s};
  EXPECT_EQ(limit.at(), start + 10s);
  EXPECT_FALSE(limit.expired(start + 10s - 1ns));
  EXPECT_TRUE(limit.expired(start + 10s));
  EXPECT_EQ(limit.remaining(start + 4s), 6s);
  EXPECT_EQ(limit.remaining(start + 11s), 0s);
  EXPECT_EQ(limit.elapsed(start + 4s), 4s);
  EXPECT_EQ(limit.elapsed(start - 4s), 0s);
}

TEST(lease, ends_by_itself_unless_it_is_renewed) {
  lease const held{.granted = start, .ttl = 60s};
  EXPECT_FALSE(held.expired(start + 59s));
  EXPECT_TRUE(held.expired(start + 60s));
  EXPECT_EQ(held.renewed(start + 30s).expires(), start + 90s);
  EXPECT_EQ(held.renewed(start - 30s), held) << "a renewal that comes late never shortens";
}

TEST(lease, gets_a_whole_ttl_of_grace_after_we_slept) {
  lease const held{.granted = start, .ttl = 60s};
  auto const woke = start + 8h;
  EXPECT_EQ(held.extended_after_stall(start + 1s, woke).expires(), woke + 60s);
}

TEST(lease, that_had_ended_before_we_slept_stays_ended) {
  lease const held{.granted = start, .ttl = 60s};
  EXPECT_EQ(held.extended_after_stall(start + 61s, start + 8h), held);
}

}  // namespace
}  // namespace ostler::lifecycle

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

// Looks at every moment it asks for; answers when the limit passed.
instant look_until_passed(awake_limit& limit) {
  for (;;) {
    auto const now = limit.wake();
    if (limit.passed(now)) return now;
  }
}

TEST(awake_limit, passes_exactly_at_its_end_while_we_are_awake) {
  for (auto const length : {10'000ms, 1ms, 2ms, 3ms, 100ms, 0ms}) {
    awake_limit limit(length, start);
    EXPECT_EQ(look_until_passed(limit), start + length);
  }
  awake_limit limit(10s, start);
  EXPECT_FALSE(limit.passed(start + 1s)) << "an early look does no harm";
}

TEST(awake_limit, a_little_late_is_no_sleep) {
  awake_limit limit(10s, start);
  EXPECT_FALSE(limit.passed(start + 6s));
  EXPECT_TRUE(limit.passed(start + 12s));
  awake_limit brief(100ms, start);
  EXPECT_TRUE(brief.passed(start + 900ms));
}

TEST(awake_limit, runs_anew_after_a_sleep) {
  for (auto const slept : {seconds(30), seconds(8 * 3600)}) {
    awake_limit limit(30s, start);
    EXPECT_FALSE(limit.passed(start + slept));
    EXPECT_EQ(look_until_passed(limit), start + slept + 30s);
  }
}

TEST(awake_limit, a_sleep_leaves_at_least_a_third_of_the_limit) {
  for (auto begin = 0ms; begin < 30s; begin += 500ms) {
    for (auto slept = 0ms; slept < 40s; slept += 500ms) {
      awake_limit limit(30s, start);
      auto const asleep = start + begin, woke = asleep + slept;
      while (limit.wake() < asleep) ASSERT_FALSE(limit.passed(limit.wake()));
      bool const at_once = limit.passed(std::max(limit.wake(), woke));
      auto const end = at_once ? std::max(limit.wake(), woke) : look_until_passed(limit);
      ASSERT_GE((end - start) - slept, at_once ? 9s : 10s) << begin.count() << " " << slept.count();
    }
  }
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

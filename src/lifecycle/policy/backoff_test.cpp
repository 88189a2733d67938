#include "lifecycle/policy/backoff.hpp"

#include <gtest/gtest.h>
#include <limits>

#include "base/chance.hpp"

namespace ostler::lifecycle {
namespace {

constexpr std::uint64_t no_luck = 0;
constexpr std::uint64_t all_luck = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t middle_luck = 1ULL << 63U;

TEST(backoff, doubles_up_to_the_cap) {
  backoff const rule{.jitter = 0};
  EXPECT_EQ(delay(rule, 1, 7), 1s);
  EXPECT_EQ(delay(rule, 2, 7), 2s);
  EXPECT_EQ(delay(rule, 3, 7), 4s);
  EXPECT_EQ(delay(rule, 5, 7), 16s);
  EXPECT_EQ(delay(rule, 6, 7), 30s);
  EXPECT_EQ(delay(rule, 60, 7), 30s);
}

TEST(backoff, absurd_attempts_neither_overflow_nor_underflow) {
  backoff const rule{.jitter = 0};
  EXPECT_EQ(delay(rule, std::numeric_limits<int>::max(), 0), 30s);
  EXPECT_EQ(delay(rule, 0, 0), 1s);
  EXPECT_EQ(delay(rule, std::numeric_limits<int>::min(), 0), 1s);
  EXPECT_EQ(delay({.first = 1ms, .factor = 1e300, .cap = duration_max, .jitter = 0}, 1000, 0),
            milliseconds(duration_max));
  EXPECT_EQ(delay({.factor = 0.5, .jitter = 0}, 1000, 0), 1s) << "a wait never shrinks";
  EXPECT_EQ(delay({.first = 0ms}, 1000, all_luck), 0ms);
  EXPECT_EQ(delay({.first = 1s, .cap = 0ms}, 2, all_luck), 0ms);
  EXPECT_EQ(delay({.first = -1s}, 2, all_luck), 0ms);
}

TEST(backoff, the_spread_is_symmetric_also_at_the_cap) {
  backoff const rule;
  for (int const attempt : {1, 6, 1000}) {
    auto const middle = delay(rule, attempt, middle_luck);
    EXPECT_EQ(middle, delay({.jitter = 0}, attempt, 0));
    EXPECT_EQ(delay(rule, attempt, no_luck), middle * 9 / 10);
    EXPECT_EQ(delay(rule, attempt, all_luck), middle * 11 / 10);
  }
  chance dice(1);
  int above = 0;
  for (int i = 0; i < 10'000; ++i)
    if (delay(rule, 100, dice.bits()) > 30s) ++above;
  EXPECT_NEAR(above, 5'000, 300);
}

TEST(backoff, a_jitter_beyond_one_does_not_turn_time_back) {
  EXPECT_EQ(delay({.jitter = 5}, 1, no_luck), 0ms);
  EXPECT_EQ(delay({.jitter = -1}, 1, no_luck), 1s);
}

}  // namespace
}  // namespace ostler::lifecycle

#include "lifecycle/policy/intensity.hpp"

#include <deque>
#include <gtest/gtest.h>

#include "base/chance.hpp"

namespace ostler::lifecycle {
namespace {

TEST(intensity, the_sixth_restart_within_a_minute_is_refused) {
  restart_log log;
  instant now{};
  for (int i = 1; i <= 5; ++i) {
    EXPECT_TRUE(log.admit({}, now));
    EXPECT_EQ(log.recent({}, now), i);
    now += 1s;
  }
  EXPECT_FALSE(log.admit({}, now));
  EXPECT_EQ(log.recent({}, now), 5) << "a refused restart does not count";
}

TEST(intensity, a_restart_is_forgotten_when_its_window_has_passed) {
  restart_log log;
  instant const start{};
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(log.admit({}, start));
  EXPECT_FALSE(log.admit({}, start + 60s - 1ns));
  EXPECT_EQ(log.recent({}, start + 60s), 0);
  EXPECT_TRUE(log.admit({}, start + 60s));
}

TEST(intensity, none_is_admitted_when_none_is_allowed) {
  restart_log log;
  EXPECT_FALSE(log.admit({.restarts_max = 0}, instant{}));
  EXPECT_FALSE(log.admit({.restarts_max = -1}, instant{}));
}

TEST(intensity, a_copy_is_independent_and_clear_forgets) {
  restart_log log;
  EXPECT_TRUE(log.admit({}, instant{}));
  auto copy = log;
  EXPECT_EQ(copy, log);
  copy.clear();
  EXPECT_EQ(copy, restart_log{});
  EXPECT_EQ(log.recent({}, instant{}), 1);
}

TEST(intensity, no_window_ever_holds_more_than_the_maximum) {
  chance dice(2);
  restart_log log;
  std::deque<instant> admitted;
  instant now{};
  intensity const rule{.restarts_max = 4, .window = 1s};
  for (int i = 0; i < 20'000; ++i) {
    now += milliseconds(dice.below(400));
    bool const yes = log.admit(rule, now);
    if (yes) admitted.push_back(now);
    while (now - admitted.front() >= rule.window) admitted.pop_front();
    ASSERT_LE(admitted.size(), 4U);
    ASSERT_EQ(std::ssize(admitted), log.recent(rule, now));
    ASSERT_TRUE(yes || admitted.size() == 4U) << "refused although there was room";
  }
}

}  // namespace
}  // namespace ostler::lifecycle

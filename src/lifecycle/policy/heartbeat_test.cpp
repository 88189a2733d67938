#include "lifecycle/policy/heartbeat.hpp"

#include <gtest/gtest.h>

#include "base/chance.hpp"

namespace ostler::lifecycle {
namespace {

constexpr heartbeat_rule rule{};
constexpr instant start = instant{} + 24h;

// Looks at every moment the watch asks for, until the end or until it says silent.
std::pair<contact, instant> watch_until(heartbeat_watch& watch, instant end) {
  while (watch.next_check() <= end) {
    auto const now = watch.next_check();
    if (watch.check(now) == contact::silent) return {contact::silent, now};
  }
  return {contact::fresh, end};
}

TEST(heartbeat, silence_is_fresh_then_late_then_silent) {
  EXPECT_EQ(judge(rule, start, start), contact::fresh);
  EXPECT_EQ(judge(rule, start, start + 37'500ms), contact::fresh);
  EXPECT_EQ(judge(rule, start, start + 37'501ms), contact::late);
  EXPECT_EQ(judge(rule, start, start + 90s - 1ns), contact::late);
  EXPECT_EQ(judge(rule, start, start + 90s), contact::silent);
  EXPECT_EQ(text(contact::fresh), "fresh");
  EXPECT_EQ(text(contact::late), "late");
  EXPECT_EQ(text(contact::silent), "silent");
}

TEST(heartbeat, checks_are_a_third_of_the_timeout_apart) {
  heartbeat_watch watch(rule, start);
  EXPECT_EQ(watch.next_check(), start + 30s);
  EXPECT_EQ(watch.check(start + 30s), contact::fresh);
  EXPECT_EQ(watch.next_check(), start + 60s);
  watch.heard(start + 40s);
  EXPECT_EQ(watch.next_check(), start + 70s) << "hearing something puts the next look off";
}

TEST(heartbeat, silence_is_noticed_exactly_at_the_timeout) {
  for (auto const timeout : {90'000ms, 100ms, 1'001ms, 1ms, 2ms}) {
    heartbeat_watch watch({.interval = timeout / 3, .timeout = timeout}, start);
    EXPECT_EQ(watch_until(watch, start + 24h), std::pair(contact::silent, start + timeout));
  }
}

TEST(heartbeat, one_who_is_heard_is_never_silent) {
  chance dice(3);
  heartbeat_watch watch(rule, start);
  auto now = start;
  for (int i = 0; i < 1'000; ++i) {
    auto const next = now + milliseconds(dice.below(89'000));
    EXPECT_EQ(watch_until(watch, next).first, contact::fresh);
    watch.heard(now = next);
    EXPECT_EQ(watch.silence(now + 7s), 7s);
  }
}

TEST(heartbeat, our_own_sleep_is_not_the_silence_of_the_other) {
  for (auto const sleep : {milliseconds(61s), milliseconds(90s), milliseconds(519s), milliseconds(8h)}) {
    heartbeat_watch watch(rule, start);
    auto const woke = start + sleep;
    EXPECT_NE(watch.check(woke), contact::silent) << format_duration(sleep);
    EXPECT_EQ(watch_until(watch, woke + 24h), std::pair(contact::silent, woke + rule.timeout));
  }
}

TEST(heartbeat, a_look_that_is_a_little_late_grants_no_grace) {
  heartbeat_watch watch(rule, start);
  EXPECT_NE(watch.check(start + 45s), contact::silent);
  EXPECT_EQ(watch.check(start + 100s), contact::silent);
}

TEST(heartbeat, after_silence_looking_goes_on_at_the_usual_pace) {
  heartbeat_watch watch(rule, start);
  auto const [seen, when] = watch_until(watch, start + 24h);
  ASSERT_EQ(seen, contact::silent);
  EXPECT_EQ(watch.next_check(), when + 30s);
  watch.heard(when + 1s);
  EXPECT_EQ(watch.check(when + 2s), contact::fresh);
}

}  // namespace
}  // namespace ostler::lifecycle

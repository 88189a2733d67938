#include "lifecycle/link/link.hpp"

#include <gtest/gtest.h>
#include <limits>

namespace ostler::lifecycle {
namespace {

constexpr instant start = instant{} + 24h;

// Feeds a link and keeps what it answered last.
struct bench {
  link_rules rules;
  link state;
  instant now = start;
  std::uint64_t luck = 1ULL << 63U;
  link_step last;

  link_step const& feed(link_event const& event) {
    last = step(state, event, rules, {.now = now, .wall = {}, .luck = luck});
    state = last.next;
    return last;
  }
  // Ticks at the given moment and not before.
  link_step const& tick_at(instant when) {
    now = when;
    return feed(tick{});
  }
  // Ticks whenever the link asks for it, until it does something.
  link_step const& wait() {
    do tick_at(*state.wake);
    while (last.commands.empty() && state.wake);
    return last;
  }
  void register_now() {
    feed(link_wanted{});
    feed(stream_opened{state.attempt});
    feed(registered_received{state.attempt});
    ASSERT_EQ(state.state, link_state::registered);
  }
  template <class Notice> Notice const* told() const {
    for (auto const& notice : last.notices)
      if (auto const* found = std::get_if<Notice>(&notice)) return found;
    return nullptr;
  }
  bool ordered(link_command const& command) const {
    return std::ranges::find(last.commands, command) != last.commands.end();
  }
};

TEST(link, is_ready_only_when_registered_arrives) {
  bench b;
  b.feed(link_wanted{});
  EXPECT_TRUE(b.ordered(open_stream{1}));
  EXPECT_EQ(b.state.state, link_state::dialing);
  b.feed(stream_opened{1});
  EXPECT_EQ(b.state.state, link_state::dialing) << "open is not registered";
  EXPECT_EQ(health(b.state), link_health::unknown);
  b.feed(registered_received{1});
  EXPECT_EQ(b.state.state, link_state::registered);
  ASSERT_TRUE(b.told<link_registered>());
  EXPECT_FALSE(b.told<link_registered>()->again);
  EXPECT_EQ(*b.told<link_health_changed>(),
            (link_health_changed{link_health::unknown, link_health::healthy}));
}

TEST(link, fails_at_once_when_the_stream_fails_closes_or_errs_before_registered) {
  for (link_event const& event : {link_event(stream_failed{1, "connection refused"}),
                                  link_event(stream_closed{1}), link_event(error_reported{1, "no room"})}) {
    bench b;
    b.feed(link_wanted{});
    b.feed(event);
    EXPECT_EQ(b.state.state, link_state::down) << name(event);
    ASSERT_TRUE(b.told<link_failed_first>());
    EXPECT_EQ(b.told<link_failed_first>()->code, error_code::link_failed);
    EXPECT_FALSE(b.told<link_failed_first>()->why.empty());
    EXPECT_TRUE(b.ordered(close_stream{1}));
    EXPECT_FALSE(b.state.wake);
    b.feed(link_wanted{});
    EXPECT_TRUE(b.ordered(open_stream{2})) << "wanted again, it dials again";
  }
}

TEST(link, that_does_not_register_in_time_fails_and_says_how_far_it_came) {
  bench b;
  b.feed(link_wanted{});
  b.feed(stream_opened{1});
  b.wait();
  EXPECT_EQ(b.now, start + 10s);
  ASSERT_TRUE(b.told<link_failed_first>());
  EXPECT_EQ(*b.told<link_failed_first>(),
            (link_failed_first{error_code::not_registered_in_time, "it did not register within 10s"}));
  EXPECT_TRUE(b.ordered(close_stream{1}));

  b.feed(link_wanted{});
  b.wait();
  EXPECT_EQ(b.told<link_failed_first>()->why, "it could not be reached within 10s");
}

TEST(link, sends_a_heartbeat_every_interval) {
  bench b;
  b.register_now();
  for (int beat = 1; beat <= 10; ++beat) {
    b.wait();
    EXPECT_EQ(b.now, start + beat * 30s);
    EXPECT_TRUE(b.ordered(send_heartbeat{1}));
    b.feed(frame_heard{1});
  }
  EXPECT_EQ(b.state.state, link_state::registered);
}

TEST(link, silence_for_the_whole_timeout_is_loss) {
  bench b;
  b.register_now();
  b.tick_at(start + 30s);
  EXPECT_EQ(health(b.state), link_health::healthy);
  b.tick_at(start + 60s);
  EXPECT_EQ(health(b.state), link_health::degraded) << "late";
  EXPECT_EQ(message(b.state, b.rules, b.now), "registered, nothing heard for 1m");
  b.tick_at(start + 90s);
  EXPECT_EQ(b.told<link_heartbeat_timeout>()->silence, 90s);
  EXPECT_EQ(b.told<link_reconnecting>()->why, "nothing was heard for 1m30s");
  EXPECT_TRUE(b.ordered(close_stream{1}));
  EXPECT_EQ(b.state.state, link_state::reconnecting);
}

TEST(link, that_was_late_and_is_heard_again_is_healthy) {
  bench b;
  b.register_now();
  b.tick_at(start + 30s);
  b.tick_at(start + 60s);
  b.feed(frame_heard{1});
  EXPECT_EQ(*b.told<link_health_changed>(),
            (link_health_changed{link_health::degraded, link_health::healthy}));
}

TEST(link, our_own_sleep_loses_nothing) {
  for (auto const slept :
       {std::chrono::nanoseconds(61s), std::chrono::nanoseconds(10min), std::chrono::nanoseconds(8h)}) {
    bench b;
    b.register_now();
    b.tick_at(start + slept);
    EXPECT_EQ(b.state.state, link_state::registered);
    EXPECT_EQ(std::ranges::count(b.last.commands, link_command(send_heartbeat{1})), 1)
        << "one beat is enough";
    b.feed(frame_heard{1});
    EXPECT_EQ(health(b.state), link_health::healthy);
  }
  bench b;
  b.feed(link_wanted{});
  b.tick_at(start + 30s);
  EXPECT_EQ(b.state.state, link_state::dialing) << "the answer may lie unread";
  b.wait();
  EXPECT_EQ(b.now, start + 40s);
  EXPECT_EQ(b.state.state, link_state::down);
}

TEST(link, the_end_of_the_stream_counts_at_once) {
  bench b;
  b.register_now();
  b.feed(stream_closed{1});
  EXPECT_EQ(b.state.state, link_state::reconnecting);
  EXPECT_EQ(*b.told<link_reconnecting>(),
            (link_reconnecting{1, 5, 1s, "the other side closed the connection"}));
  EXPECT_EQ(health(b.state), link_health::degraded);
}

TEST(link, reconnecting_really_reconnects_and_the_attempts_start_afresh) {
  bench b;
  b.register_now();
  for (int round = 0; round < 3; ++round) {
    b.feed(stream_failed{b.state.attempt, "reset"});
    EXPECT_EQ(b.told<link_reconnecting>()->attempt, 1);
    auto const newest = b.state.attempt + 1;
    b.wait();
    EXPECT_TRUE(b.ordered(open_stream{newest}));
    b.feed(stream_failed{newest, "refused"});
    EXPECT_EQ(b.told<link_reconnecting>()->attempt, 2);
    EXPECT_EQ(b.told<link_reconnecting>()->wait, 2s);
    b.wait();
    b.feed(stream_opened{b.state.attempt});
    b.feed(registered_received{b.state.attempt});
    EXPECT_TRUE(b.told<link_registered>()->again);
    EXPECT_EQ(b.state.tries, 0);
    EXPECT_EQ(message(b.state, b.rules, b.now), "registered");
  }
}

TEST(link, is_lost_when_the_attempts_are_used_up) {
  bench b;
  b.register_now();
  b.feed(stream_closed{1});
  for (int attempt = 1; attempt <= 5; ++attempt) {
    EXPECT_EQ(b.told<link_reconnecting>()->attempt, attempt);
    auto const failed_at = b.now;
    auto const wait = b.told<link_reconnecting>()->wait;
    EXPECT_EQ(wait, milliseconds(1s) * (1 << (attempt - 1)));
    b.wait();
    EXPECT_EQ(b.now, failed_at + wait);
    EXPECT_TRUE(b.ordered(open_stream{static_cast<std::uint64_t>(attempt) + 1}));
    b.feed(stream_failed{b.state.attempt, "refused"});
  }
  EXPECT_EQ(*b.told<link_reconnect_failed>(), (link_reconnect_failed{5, "refused"}));
  EXPECT_EQ(*b.told<link_lost>(), link_lost{"refused"});
  EXPECT_EQ(b.state.state, link_state::lost);
  EXPECT_EQ(health(b.state), link_health::unknown);
  EXPECT_FALSE(b.state.wake);
  EXPECT_EQ(message(b.state, b.rules, b.now), "lost: refused");

  b.feed(link_wanted{});
  EXPECT_TRUE(b.ordered(open_stream{7})) << "wanted again, it dials anew";
  b.feed(registered_received{7});
  EXPECT_TRUE(b.told<link_registered>()->again);
}

TEST(link, a_reconnect_that_hangs_is_given_up_at_the_limit) {
  bench b;
  b.register_now();
  b.feed(stream_closed{1});
  b.wait();
  auto const dialled = b.now;
  b.wait();
  EXPECT_EQ(b.now, dialled + 10s);
  EXPECT_TRUE(b.ordered(close_stream{2}));
  EXPECT_EQ(b.told<link_reconnecting>()->attempt, 2);
  b.feed(stream_opened{2});
  EXPECT_EQ(b.last.ignored, "stale stream");
  EXPECT_TRUE(b.ordered(close_stream{2})) << "one that opens late must not leak";
}

TEST(link, without_auto_reconnect_loss_is_final) {
  bench b{.rules = {.auto_reconnect = false}};
  b.register_now();
  b.feed(stream_closed{1});
  EXPECT_EQ(b.state.state, link_state::lost);
  EXPECT_TRUE(b.told<link_lost>());
  EXPECT_FALSE(b.told<link_reconnecting>());
  EXPECT_FALSE(b.told<link_reconnect_failed>()) << "nobody tried";
}

TEST(link, with_no_attempts_allowed_reconnecting_fails_at_once) {
  bench b{.rules = {.reconnect_attempts = 0}};
  b.register_now();
  b.feed(stream_closed{1});
  EXPECT_EQ(b.state.state, link_state::lost);
  EXPECT_EQ(b.told<link_reconnect_failed>()->attempts, 0);
}

TEST(link, waits_are_spread_by_luck) {
  bench low{.luck = 0}, high{.luck = std::numeric_limits<std::uint64_t>::max()};
  for (auto* b : {&low, &high}) {
    b->register_now();
    b->feed(stream_closed{1});
  }
  EXPECT_EQ(low.told<link_reconnecting>()->wait, 900ms);
  EXPECT_EQ(high.told<link_reconnecting>()->wait, 1100ms);
}

TEST(link, unwanted_ends_whatever_it_was_doing) {
  bench b;
  b.register_now();
  b.feed(link_unwanted{});
  EXPECT_TRUE(b.ordered(close_stream{1}));
  EXPECT_EQ(b.state.state, link_state::down);
  b.feed(stream_closed{1});
  EXPECT_EQ(b.last.ignored, "stale stream");
  b.feed(link_wanted{});
  b.feed(registered_received{2});
  EXPECT_FALSE(b.told<link_registered>()->again) << "a new beginning";
}

TEST(link, an_error_while_registered_is_told_and_the_link_stays) {
  bench b;
  b.register_now();
  b.feed(error_reported{1, "disk is full"});
  EXPECT_EQ(*b.told<link_error>(), link_error{"disk is full"});
  EXPECT_EQ(b.state.state, link_state::registered);
  EXPECT_EQ(message(b.state, b.rules, b.now), "registered: disk is full");
}

TEST(link, says_when_it_tries_next) {
  bench b;
  EXPECT_EQ(message(b.state, b.rules, b.now), "down");
  b.register_now();
  b.feed(stream_failed{1, "reset"});
  EXPECT_EQ(message(b.state, b.rules, b.now), "reconnecting 1/5, next in 1s: reset");
  EXPECT_EQ(message(b.state, b.rules, b.now + 1s), "reconnecting 1/5: reset") << "due, not yet ticked";
  b.wait();
  EXPECT_EQ(message(b.state, b.rules, b.now), "reconnecting 1/5: reset");
}

TEST(link, rules_come_from_the_numbers) {
  EXPECT_EQ(link_rules_of(numbers{}), link_rules{});
  numbers n;
  n.reconnect_attempts = 9;
  n.registered_limit = 3s;
  EXPECT_EQ(link_rules_of(n).reconnect_attempts, 9);
  EXPECT_EQ(link_rules_of(n).registered_limit, 3s);
}

}  // namespace
}  // namespace ostler::lifecycle

// Random walks: whatever happens, in whatever order, late or twice, the promises of the link hold.

#include <gtest/gtest.h>
#include <set>

#include "base/bytes.hpp"
#include "base/chance.hpp"
#include "lifecycle/link/link.hpp"

namespace ostler::lifecycle {
namespace {

class walk {
 public:
  explicit walk(std::uint64_t seed) : dice_(seed) {
    rules_.auto_reconnect = dice_.happens(0.9);
    rules_.reconnect_attempts = static_cast<int>(dice_.below(4));
  }

  void run(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFatalFailure(); ++i) feed(next_event());
    rest();
  }
  std::uint64_t trace() const { return trace_.value(); }

 private:
  link_event next_event() {
    // Mostly of the newest stream, sometimes of one that never was or is no more.
    auto const attempt = dice_.happens(0.8) ? state_.attempt : dice_.below(state_.attempt + 2);
    switch (dice_.below(16)) {
      case 0: return link_wanted{};
      case 1: return dice_.happens(0.3) ? link_event(link_unwanted{}) : link_wanted{};
      case 2:
      case 3: return stream_opened{attempt};
      case 4:
      case 5: return registered_received{attempt};
      case 6: return stream_failed{attempt, "reset"};
      case 7: return dice_.happens(0.5) ? link_event(stream_closed{attempt}) : frame_heard{attempt};
      case 8: return dice_.happens(0.3) ? link_event(error_reported{attempt, "odd"}) : frame_heard{attempt};
      default: return advance();
    }
  }

  // Exactly when asked, too early, or after a sleep.
  link_event advance() {
    if (!state_.wake || dice_.happens(0.1))
      now_ += milliseconds(dice_.below(5'000));
    else
      now_ = std::max(now_, *state_.wake);
    if (dice_.happens(0.02)) now_ += milliseconds(dice_.below(1'000'000));
    return tick{};
  }

  void feed(link_event const& event) {
    auto const before = state_;
    auto const done = step(before, event, rules_, {.now = now_, .wall = {}, .luck = dice_.bits()});
    state_ = done.next;
    trace_.add(static_cast<std::uint64_t>(state_.state)).add(done.commands.size()).add(done.notices.size());
    if (done.ignored) {
      ASSERT_EQ(state_, before) << name(event) << " was refused and changed something";
    }
    for (auto const& command : done.commands) obey(command);
    ASSERT_LE(open_.size(), 1U) << "two streams at once";
    ASSERT_EQ(state_.streaming, open_.contains(state_.attempt));
    bool const resting = state_.state == link_state::down || state_.state == link_state::lost;
    ASSERT_EQ(resting, !state_.wake.has_value()) << text(state_.state);
    if (resting) ASSERT_FALSE(state_.streaming);
    if (state_.state == link_state::dialing || state_.state == link_state::registered)
      ASSERT_TRUE(state_.streaming);
    if (std::holds_alternative<tick>(event) && state_.wake)
      ASSERT_GT(*state_.wake, now_) << "a tick must get us on";
    ASSERT_LE(state_.tries, rules_.reconnect_attempts);
    ASSERT_EQ(state_.tries > 0, state_.state == link_state::reconnecting);
    told(before, done);
  }

  void obey(link_command const& command) {
    if (auto const* open = std::get_if<open_stream>(&command)) {
      ASSERT_GT(open->attempt, newest_) << "a number was used twice";
      newest_ = open->attempt;
      open_.insert(open->attempt);
    }
    if (auto const* close = std::get_if<close_stream>(&command)) open_.erase(close->attempt);
    if (auto const* beat = std::get_if<send_heartbeat>(&command)) ASSERT_TRUE(open_.contains(beat->attempt));
  }

  // Each change of the public state is told by the notice that belongs to it.
  void told(link const& before, link_step const& done) {
    std::set<std::string_view> names;
    for (auto const& notice : done.notices) names.insert(name(notice));
    ASSERT_EQ(names.size(), done.notices.size()) << "nothing is told twice";
    bool const changed = before.state != state_.state;
    ASSERT_EQ(names.contains("link_registered"), changed && state_.state == link_state::registered);
    ASSERT_EQ(names.contains("link_lost"), changed && state_.state == link_state::lost);
    ASSERT_EQ(names.contains("link_health_changed"), health(before) != health(state_));
    if (changed && state_.state == link_state::reconnecting) ASSERT_TRUE(names.contains("link_reconnecting"));
  }

  // The other side falls silent for ever: the link comes to rest in bounded time.
  void rest() {
    auto const since = now_;
    for (int i = 0; i < 1'000 && state_.wake && !::testing::Test::HasFatalFailure(); ++i) {
      now_ = std::max(now_, *state_.wake);
      feed(tick{});
    }
    ASSERT_FALSE(state_.wake);
    // A grace after a sleep and a timeout, then each attempt with its wait and its limit.
    ASSERT_LE(now_ - since, 2 * 90s + (rules_.reconnect_attempts + 2) * (33s + 2 * 10s));
  }

  chance dice_;
  link_rules rules_;
  link state_;
  instant now_ = instant{} + 24h;
  std::set<std::uint64_t> open_;
  std::uint64_t newest_ = 0;
  fingerprint trace_;
};

TEST(link_walk, the_promises_hold_over_three_hundred_thousand_steps) {
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    SCOPED_TRACE(seed);
    walk(seed).run(500);
    if (HasFatalFailure()) return;
  }
}

TEST(link_walk, the_same_seed_walks_the_same_way) {
  walk one(77), other(77), different(78);
  for (auto* each : {&one, &other, &different}) each->run(2'000);
  EXPECT_EQ(one.trace(), other.trace());
  EXPECT_NE(one.trace(), different.trace());
}

}  // namespace
}  // namespace ostler::lifecycle

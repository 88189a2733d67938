// Random walks of a service in a small world of processes, where what is told comes late, twice, out of order
// or not at all. The promises of the machine are checked against what is true in that world.

#include <deque>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "base/bytes.hpp"
#include "base/chance.hpp"
#include "lifecycle/service/service.hpp"

namespace ostler::lifecycle {
namespace {

struct process_tree {
  bool born = false;
  bool cancelled = false;
  bool main_lives = false;
  int children = 0;
  // Kills that a child in an uninterruptible wait survives.
  int stubborn = 0;
  std::optional<exit_status> truth;

  bool empty() const { return !main_lives && children == 0; }
};

class walk {
 public:
  explicit walk(std::uint64_t seed) : dice_(seed) {
    rules_ = {.name = "web", .kind = dice_.happens(0.2) ? work_kind::task : work_kind::service};
    rules_.restart = static_cast<restart_policy>(dice_.below(3));
    rules_.restarts.restarts_max = static_cast<int>(dice_.below(4));
    if (dice_.happens(0.7)) rules_.ready = {ready_sign::tcp, ready_sign::http};
    rules_.liveness_failures = 2;
  }

  void run(int steps) {
    for (int i = 0; i < steps && !failed(); ++i) act();
    if (!failed()) rest();
  }
  std::uint64_t trace() const { return trace_.value(); }

 private:
  static bool failed() { return ::testing::Test::HasFatalFailure(); }
  process_key newest() const { return {state_.process.generation, pid_of(state_.process.generation)}; }
  static std::int64_t pid_of(std::uint64_t generation) { return static_cast<std::int64_t>(generation * 10); }

  void act() {
    switch (dice_.below(20)) {
      case 0: return feed(want_up{});
      case 1: return feed(dice_.happens(0.3) ? service_event(want_down{}) : want_up{});
      case 2:
        return feed(dice_.happens(0.3) ? service_event(needs_changed{false, "db"}) : needs_changed{true, ""});
      case 3: return live();
      case 4: return feed(sign_observed{{any_sign(), dice_.happens(0.7), told_of()}});
      case 5: return feed(liveness_checked{told_of(), dice_.happens(0.6)});
      case 6:
      case 7:
      case 8:
      case 9:
      case 10: return deliver();
      case 11: return repeat();
      default: return advance();
    }
  }

  ready_sign any_sign() { return dice_.happens(0.5) ? ready_sign::tcp : ready_sign::http; }
  // Mostly the newest process, sometimes another or a stranger's.
  process_key told_of() {
    if (dice_.happens(0.9)) return newest();
    auto const generation = dice_.below(state_.process.generation + 1);
    return {generation, pid_of(generation) + (generation == 0 ? 4242 : 0)};
  }

  // Something happens in the world by itself.
  void live() {
    if (trees_.empty()) return;
    auto& [generation, tree] = *trees_.rbegin();
    if (tree.main_lives && dice_.happens(0.4)) tree.children += 1;
    if (tree.main_lives && dice_.happens(0.3)) die(generation, tree);
    if (dice_.happens(0.5)) tree.children = std::max(0, tree.children - 1);
  }

  void die(std::uint64_t generation, process_tree& tree) {
    tree.main_lives = false;
    tree.truth = exit_status{dice_.happens(0.5) ? exit_status::kind::code : exit_status::kind::signal,
                             static_cast<int>(dice_.below(3))};
    // Now and then nobody saw it.
    if (dice_.happens(0.9)) queue_.push_back(exited{{generation, pid_of(generation)}, *tree.truth});
  }

  void deliver() {
    if (queue_.empty()) return;
    auto const at = dice_.happens(0.8) ? 0 : dice_.below(queue_.size());
    auto const event = queue_[at];
    queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(at));
    if (past_.size() < 100) past_.push_back(event);
    feed(event);
  }
  // An exit that was told once may be told again, much later.
  void repeat() {
    if (!past_.empty()) feed(past_[dice_.below(past_.size())]);
  }

  void advance() {
    if (!state_.wake || dice_.happens(0.2))
      now_ += milliseconds(dice_.below(3'000));
    else
      now_ = std::max(now_, *state_.wake);
    if (dice_.happens(0.01)) now_ += milliseconds(dice_.below(1'000'000));
    feed(tick{});
  }

  void feed(service_event const& event) {
    auto const before = state_;
    auto const done = step(before, event, rules_, {.now = now_, .wall = {}, .luck = dice_.bits()});
    state_ = done.next;
    trace_.add(static_cast<std::uint64_t>(state_.phase)).add(done.commands.size()).add(done.notices.size());
    if (done.ignored) {
      ASSERT_EQ(state_, before) << name(event) << " was refused and changed something";
      ASSERT_TRUE(done.commands.empty() && done.notices.empty());
    }
    // A wish starts the count afresh.
    if (std::holds_alternative<want_up>(event) && !done.ignored) restarts_.clear();
    if (auto const* sign = std::get_if<sign_observed>(&event);
        sign != nullptr && sign->seen.process == newest() && !done.ignored)
      shown_.set(sign->seen.sign, sign->seen.holds);
    for (auto const& command : done.commands) std::visit([&](auto const& order) { obey(order); }, command);
    if (failed()) return;
    check_wake(event);
    check_told(before, done);
    check_truth();
  }

  void obey(spawn const& order) {
    ASSERT_GT(order.generation, newest_generation_) << "a generation was used twice";
    newest_generation_ = order.generation;
    shown_ = {};
    for (auto const& [generation, tree] : trees_) ASSERT_TRUE(tree.empty()) << "two at once";
    ASSERT_TRUE(state_.wanted_up && state_.needs_ready);
    auto& tree = trees_[order.generation];
    if (dice_.happens(0.1)) {
      queue_.push_back(spawn_failed{order.generation, "no such file"});
    } else if (dice_.happens(0.9)) {
      tree = {.born = true, .main_lives = true, .stubborn = static_cast<int>(dice_.below(4))};
      queue_.push_back(spawned{{order.generation, pid_of(order.generation)}});
    }
  }
  void obey(send_stop_signal const& order) {
    auto& tree = trees_[order.generation];
    if (tree.main_lives && dice_.happens(0.7)) die(order.generation, tree);
    if (dice_.happens(0.7)) tree.children = 0;
  }
  void obey(kill_tree const& order) {
    auto& tree = trees_[order.generation];
    tree.cancelled = true;
    if (tree.main_lives) die(order.generation, tree);
    if (tree.stubborn-- <= 0) tree.children = 0;
  }
  void obey(check_tree const& order) {
    if (mute_ && dice_.happens(0.2)) return;
    std::vector<std::int64_t> remaining;
    auto const& tree = trees_[order.generation];
    for (int i = tree.main_lives ? 0 : 1; i <= tree.children; ++i)
      remaining.push_back(pid_of(order.generation) + i);
    queue_.push_back(tree_checked{order.generation, remaining});
  }
  void obey(write_exit_record const& order) {
    ASSERT_TRUE(recorded_.insert(order.process.generation).second) << "two records for one process";
    auto const& tree = trees_[order.process.generation];
    ASSERT_FALSE(tree.main_lives) << "recorded as ended while it lives";
    if (order.status.what != exit_status::kind::unknown) ASSERT_EQ(order.status, tree.truth) << "invented";
  }

  void check_wake(service_event const& event) {
    auto const outer = lifecycle::state(state_);
    bool const transitional =
        (outer == service_state::starting && state_.phase != service_phase::waiting_for_needs) ||
        outer == service_state::stopping;
    if (transitional || (outer == service_state::error && state_.tree != tree_state::empty))
      ASSERT_TRUE(state_.wake) << text(state_.phase);
    if (outer == service_state::stopped || outer == service_state::idle || outer == service_state::running)
      ASSERT_FALSE(state_.wake);
    if (std::holds_alternative<tick>(event) && state_.wake)
      ASSERT_GT(*state_.wake, now_) << "a tick must get us on";
  }

  void check_told(service const& before, service_step const& done) {
    std::set<service_fact> facts;
    for (auto const& notice : done.notices) {
      facts.insert(notice.fact);
      ASSERT_FALSE(notice.message.empty());
      ASSERT_EQ(notice.message.find('\n'), std::string::npos);
    }
    auto const was = lifecycle::state(before), is = lifecycle::state(state_);
    if (was != is) {
      bool const told = (is == service_state::starting && (facts.contains(service_fact::starting) ||
                                                           facts.contains(service_fact::restarting))) ||
                        (is == service_state::running && facts.contains(service_fact::running)) ||
                        (is == service_state::stopping && facts.contains(service_fact::stopping)) ||
                        (is == service_state::stopped && facts.contains(service_fact::stopped)) ||
                        (is == service_state::error && facts.contains(service_fact::error));
      ASSERT_TRUE(told) << text(before.phase) << " -> " << text(state_.phase);
    }
    if (facts.contains(service_fact::restarting)) restarts_.push_back(now_);
    while (!restarts_.empty() && now_ - restarts_.front() >= rules_.restarts.window) restarts_.pop_front();
    ASSERT_LE(std::ssize(restarts_), rules_.restarts.restarts_max);
  }

  void check_truth() {
    auto const outer = lifecycle::state(state_);
    if (outer == service_state::stopped || outer == service_state::idle) {
      for (auto const& [generation, tree] : trees_) ASSERT_TRUE(tree.empty()) << "stopped, and it lives";
    }
    ASSERT_TRUE(!state_.ready || outer == service_state::running);
    if (state_.ready) ASSERT_TRUE(rules_.ready.without(shown_).empty()) << "ready by the sign of another";
    if (outer == service_state::error) ASSERT_TRUE(state_.trouble.has_value());
    if (satisfied(state_, rules_)) ASSERT_TRUE(state_.ready || state_.done);
  }

  // From now on the world answers, and it is wanted down: it must come to rest, and in time.
  void rest() {
    mute_ = false;
    feed(want_down{});
    auto const since = now_;
    for (int i = 0; i < 1'000 && !failed(); ++i) {
      while (!queue_.empty() && !failed()) deliver();
      if (!state_.wake) break;
      now_ = std::max(now_, *state_.wake);
      feed(tick{});
    }
    if (failed()) return;
    auto const outer = lifecycle::state(state_);
    ASSERT_TRUE(outer == service_state::stopped || outer == service_state::idle) << text(state_.phase);
    ASSERT_LE(now_ - since, 60s);
    for (auto const& [generation, tree] : trees_) {
      ASSERT_TRUE(tree.empty());
      if (generation == state_.process.generation && tree.born) ASSERT_TRUE(recorded_.contains(generation));
    }
  }

  chance dice_;
  service_rules rules_;
  service state_;
  instant now_ = instant{} + 24h;
  std::map<std::uint64_t, process_tree> trees_;
  std::deque<service_event> queue_;
  std::vector<service_event> past_;
  std::set<std::uint64_t> recorded_;
  std::deque<instant> restarts_;
  std::uint64_t newest_generation_ = 0;
  // The signs that the newest process itself has shown.
  sign_set shown_;
  bool mute_ = true;
  fingerprint trace_;
};

TEST(service_walk, the_promises_hold_over_three_hundred_thousand_steps) {
  for (std::uint64_t seed = 1; seed <= 1'000; ++seed) {
    SCOPED_TRACE(seed);
    walk(seed).run(300);
    if (HasFatalFailure()) return;
  }
}

TEST(service_walk, the_same_seed_walks_the_same_way) {
  walk one(77), other(77), different(78);
  for (auto* each : {&one, &other, &different}) each->run(2'000);
  EXPECT_EQ(one.trace(), other.trace());
  EXPECT_NE(one.trace(), different.trace());
}

}  // namespace
}  // namespace ostler::lifecycle

// Random walks: whatever is asked and answered, in whatever order, late, twice, wrongly or never, the
// promises of the instance hold, and when the world works again everything ends.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>

#include "base/bytes.hpp"
#include "base/chance.hpp"
#include "lifecycle/instance/driven_instance.hpp"
#include "lifecycle/instance/test/dump.hpp"

namespace ostler::lifecycle {
namespace {

// Refuses one wish in a hundred.
class moody final : public allowance {
 public:
  explicit moody(chance& dice) : dice_(dice) {}
  result<void> admits(instance const&, resource_wish const& what) const override {
    auto const bits = dice_.bits();
    if (bits % 100 != 0 || strict_) return {};
    return fail(error_code::limit_reached, "docker allows 0 " + what.kind);
  }
  // Steps are done twice to compare them, so the mood holds over both.
  void always_admit() { strict_ = true; }

 private:
  chance& dice_;
  bool strict_ = false;
};

class walk {
 public:
  explicit walk(std::uint64_t seed) : dice_(seed), world_(spec()) {
    for (std::uint64_t i = dice_.below(3); i > 0; --i)
      world_.wishes.push_back({.kind = "volume",
                               .label = fmt::format("{}", i),
                               .life = dice_.happens(0.5) ? lifetime::run : lifetime::instance});
  }

  void run(int steps) {
    for (int i = 0; i < steps && !failed(); ++i) one_step();
    if (!failed()) recover_and_end();
  }
  std::uint64_t trace() const { return trace_.value(); }

 private:
  static bool failed() { return ::testing::Test::HasFailure(); }

  instance_spec spec() {
    auto wanted = full_spec();
    wanted.after_connected_hook = dice_.happens(0.5);
    wanted.before_close_hook = dice_.happens(0.5);
    wanted.keep_on_error = dice_.happens(0.2);
    if (dice_.happens(0.3))
      wanted.services.push_back({.name = "seed", .required = dice_.happens(0.5), .task = true});
    if (dice_.happens(0.1)) wanted.services.clear();
    return wanted;
  }

  // A service more or less, or only what no keeper has to be told.
  instance_spec another_spec() {
    auto wanted = world_.it.spec;
    wanted.keep_on_error = dice_.happens(0.2);
    if (dice_.happens(0.3)) return wanted;
    auto const name = fmt::format("extra-{}", dice_.below(3));
    auto const known = std::erase_if(wanted.services, [&](auto const& one) { return one.name == name; });
    if (known == 0) wanted.services.push_back({.name = name, .required = dice_.happens(0.5)});
    return wanted;
  }

  void one_step() {
    auto const draw = dice_.below(100);
    if (draw < 45) return answer();
    if (draw < 65) return pass_time();
    if (draw < 77) return feed(request());
    if (draw < 83 && !late_.empty()) return feed(late_[dice_.below(late_.size())]);
    if (draw < 93) return feed(trouble());
    if (draw < 94) return crash();
    if (draw < 95) return vanish();
    now_and_then();
  }

  // Mostly well; sometimes it fails, before or after the effect; and each may come again later.
  void answer() {
    auto const good = world_.good_answer();
    if (!good) return pass_time();
    if (!dice_.happens(0.25)) {
      keep_for_later(*good);
      return feed(*good);
    }
    auto const number = world_.newest();
    error const why{error_code::provider_failed, "it failed", {}, {}};
    switch (dice_.below(6)) {
      case 0: return feed(step_failed{number, why, false});
      case 1:
        if (world_.it.doing && world_.it.doing->resource != resource_id{})
          return feed(resource_existed{number, world_.it.doing->resource});
        return feed(contact_failed{why});
      case 2:  // The effect happened, the answer is lost.
        if (auto const* made = std::get_if<resource_made>(&*good)) exists(made->resource, true);
        if (auto const* gone = std::get_if<resource_removed>(&*good)) exists(gone->resource, false);
        return keep_for_later(*good);
      case 3: return feed(blind(number));
      default: return feed(step_failed{number, why});
    }
  }

  void keep_for_later(instance_event const& said) {
    late_.push_back(said);
    if (late_.size() > 8) late_.erase(late_.begin());
  }

  void exists(resource_id which, bool does) {
    for (auto const& entry : world_.it.resources) {
      if (entry.id != which) continue;
      if (does)
        world_.there.insert(entry.name);
      else
        world_.there.erase(entry.name);
    }
  }

  inspected blind(operation_number number) {
    inspected seen = world_.look_without({});
    seen.number = number;
    for (auto& one : seen.sightings) one.seen = presence::unknown;
    return seen;
  }

  instance_event request() {
    bool const force = dice_.happens(0.2);
    switch (dice_.below(20)) {
      case 0: return delete_asked{"user", force};
      case 1:
      case 2:
      case 3: return restart_asked{"user"};
      case 4:
      case 5:
      case 6:
      case 7:
      case 8: return stop_asked{"user", force};
      case 10: return spec_changed{"user", another_spec()};
      case 9: return attention_set{attention_kind::review, fmt::format("{}", dice_.below(3))};
      default: return start_asked{"user"};
    }
  }

  instance_event trouble() {
    auto const number = dice_.happens(0.5) ? world_.newest() : dice_.below(world_.it.operations + 2);
    switch (dice_.below(12)) {
      case 0: return contact_interrupted{static_cast<int>(dice_.below(5))};
      case 1: return contact_lost{};
      case 2: return contact_made{dice_.happens(0.5)};
      case 3: return contact_closed{};
      case 4: return contact_failed{{error_code::link_failed, "refused", {}, {}}};
      case 5: return world_.report("error", false);
      case 6: return world_.report(dice_.happens(0.5) ? "stopped" : "starting", false);
      case 7: return turn_granted{};
      case 8: return hook_done{number};
      case 9: return step_failed{number, {error_code::provider_failed, "odd", {}, {}}, dice_.happens(0.5)};
      case 10: return workspace_resolved{number, world_.wishes};
      default: return place_doubted{"a rumour"};
    }
  }

  // Exactly when asked, too early, or after a sleep.
  void pass_time() {
    if (!world_.it.wake || dice_.happens(0.1))
      world_.now += milliseconds(dice_.below(5'000));
    else
      world_.now = std::max(world_.now, *world_.it.wake);
    if (dice_.happens(0.02)) world_.now += milliseconds(dice_.below(1'000'000));
    feed(tick{});
  }

  // Something of the place goes, and nobody ordered it.
  void vanish() {
    if (world_.there.empty()) return;
    auto gone = world_.there.begin();
    std::advance(gone, static_cast<std::ptrdiff_t>(dice_.below(world_.there.size())));
    world_.there.erase(gone);
  }

  void crash() {
    late_.clear();
    world_.crash();
    numbers_used_ = 0;
    feed(recovered{});
  }

  void now_and_then() {
    if (world_.it.now != phase::deleted) return;
    // A new life after the end, so that long walks are not spent on deleted instances.
    auto fresh = driven_instance(spec());
    fresh.now = world_.now;
    fresh.wishes = world_.wishes;
    fresh.luck = world_.luck;
    fresh.it.id = instance_id::make(world_.wall, 7, dice_.bits());
    EXPECT_TRUE(world_.there.empty()) << *world_.there.begin() << " was left behind";
    world_ = fresh;
    late_.clear();
    open_.clear();
    numbers_used_ = 0;
  }

  void feed(instance_event const& event) {
    auto const before = world_.it;
    chance mood = dice_.fork();
    chance same_mood = mood;
    moody quota(mood), same_quota(same_mood);
    if (ending_) quota.always_admit(), same_quota.always_admit();
    auto const luck = world_.luck + 1;
    auto const again = step(before, event, {{world_.now, world_.wall, luck}, world_.rules, same_quota});
    world_.quota = &quota;
    auto const& done = world_.feed(event);
    world_.quota = nullptr;
    trace_.add(name(done.next.now)).add(done.orders.size());
    EXPECT_EQ(dump(done), dump(again)) << "the same step twice";
    look_at_ledger(done);
    look_at_orders(done);
    look_at_change(before, event, done);
    look_at_rest();
    if (failed()) ADD_FAILURE() << name(event) << " on " << dump(before) << "\n---\n" << dump(done);
  }

  void look_at_ledger(instance_step const& done) {
    for (auto const& change : done.ledger) {
      auto const id = change.entry.id;
      switch (change.kind) {
        case ledger_change_kind::intent:
          EXPECT_TRUE(names_.insert(change.entry.name).second) << "a name was used twice";
          EXPECT_TRUE(open_.emplace(id, false).second);
          break;
        case ledger_change_kind::held:
          EXPECT_TRUE(open_.contains(id) && !open_.at(id)) << "held once, after the intent";
          open_[id] = true;
          break;
        case ledger_change_kind::released: EXPECT_EQ(open_.erase(id), 1U) << "released once"; break;
      }
    }
    std::map<resource_id, bool> entries;
    int undead = 0;
    for (auto const& entry : done.next.resources) {
      entries.emplace(entry.id, entry.held);
      undead += entry.is_keeper() && !entry.dead ? 1 : 0;
    }
    EXPECT_EQ(entries, open_) << "the instance and the ledger agree";
    EXPECT_LE(undead, 1) << "two keepers";
  }

  void look_at_orders(instance_step const& done) {
    for (auto const& given : done.orders) {
      if (given.kind == order_kind::cancel)
        EXPECT_LE(given.number, done.next.operations);
      else if (given.number != 0) {
        EXPECT_GT(given.number, numbers_used_) << "an operation number was used twice";
        numbers_used_ = given.number;
      }
    }
    if (done.next.doing) EXPECT_LE(done.next.doing->number, done.next.operations);
  }

  static void look_at_change(instance const& before, instance_event const& event, instance_step const& done) {
    auto const& next = done.next;
    EXPECT_GE(next.generation, before.generation);
    EXPECT_GE(next.start_number, before.start_number);
    EXPECT_GE(next.spec_version, before.spec_version);
    EXPECT_LE(next.keeper_spec_version, next.spec_version);
    if (!done.notices.empty() || !done.ledger.empty() || next.now != before.now)
      EXPECT_TRUE(done.changed) << "what is told is journalled";
    if (before.wanted == goal::deleted) EXPECT_EQ(next.wanted, goal::deleted);
    if (before.now == phase::deleted) EXPECT_EQ(next.now, phase::deleted);
    if (done.refused)
      EXPECT_EQ(dump(before), dump(next)) << name(event) << " was refused and changed something";
    if (!done.changed)
      EXPECT_EQ(dump(journalled_part(before)), dump(journalled_part(next)))
          << "a change that is not journalled";
  }

  void look_at_rest() const {
    auto const& it = world_.it;
    bool const awaits = it.wake.has_value() || (it.turn_asked && !it.turn);
    if (is_transitional(state_of(it.now))) EXPECT_TRUE(awaits) << "stuck in " << name(it.now);
    if (it.doing) EXPECT_TRUE(it.wake.has_value()) << "what is under way has a limit";
    if (it.now == phase::running) EXPECT_EQ(direction_of_running(it), goal::running);
    if (state_of(it.now) == instance_state::failed) EXPECT_FALSE(message_of(it).empty());
    if (it.now == phase::deleted) EXPECT_TRUE(it.resources.empty() && !it.doing && !it.wake);
    if (it.now == phase::stopped || it.now == phase::deleted || it.now == phase::start_failed)
      EXPECT_FALSE(it.turn || it.turn_asked) << "a turn is kept at rest";
    bool const settled = it.now == phase::running && it.link == link_view::registered && !it.wake;
    if (settled) EXPECT_EQ(it.keeper_spec_version, it.spec_version) << "at rest with another spec";
    if (it.now == phase::stopped)
      for (auto const& entry : it.resources) EXPECT_EQ(entry.wish.life, lifetime::instance) << entry.name;
  }
  static goal direction_of_running(instance const& it) { return it.wanted; }

  // The world works again.
  void recover_and_end() {
    ending_ = true;
    come_to_rest("after the walk");
    if (failed() || world_.it.now == phase::deleted) return;
    feed(delete_asked{"user"});
    come_to_rest("after delete");
    if (failed()) return;
    EXPECT_EQ(world_.it.now, phase::deleted) << dump(world_.it);
    for (auto const& entry : world_.there) ADD_FAILURE() << entry << " was left behind";
  }

  void come_to_rest(std::string_view when) {
    for (int i = 0; i < 2'000 && !failed(); ++i) {
      auto const good = world_.good_answer();
      // Nobody waits for it, for the walk had closed what it is about; then time decides.
      bool const heard = good && (feed(*good), world_.last.ignored.empty());
      if (heard) continue;
      if (world_.it.wake) {
        world_.now = std::max(world_.now, *world_.it.wake);
        feed(tick{});
      } else {
        EXPECT_FALSE(is_transitional(state_of(world_.it.now)));
        return;
      }
    }
    if (!failed()) ADD_FAILURE() << "no end " << when << ": " << dump(world_.it);
  }

  chance dice_;
  driven_instance world_;
  std::vector<instance_event> late_;
  std::map<resource_id, bool> open_;
  std::set<std::string> names_;
  operation_number numbers_used_ = 0;
  bool ending_ = false;
  fingerprint trace_;
};

TEST(instance_walk, the_promises_hold_over_three_hundred_thousand_steps) {
  for (std::uint64_t seed = 1; seed <= 750; ++seed) {
    SCOPED_TRACE(seed);
    walk(seed).run(400);
    if (HasFailure()) return;
  }
}

TEST(instance_walk, the_same_seed_walks_the_same_way) {
  walk one(77), other(77), different(78);
  for (auto* each : {&one, &other, &different}) each->run(1'000);
  EXPECT_EQ(one.trace(), other.trace());
  EXPECT_NE(one.trace(), different.trace());
}

}  // namespace
}  // namespace ostler::lifecycle

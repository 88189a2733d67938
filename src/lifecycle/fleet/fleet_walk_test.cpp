// Random lives of a fleet: what it counts, leases, numbers and wakes for is what one finds by counting anew.

#include "lifecycle/fleet/test/fleet_walk.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>

#include "lifecycle/instance/test/dump.hpp"

namespace ostler::lifecycle {
namespace {

class recount {
 public:
  void operator()(driven_fleet const& world, fleet_step const& done) {
    if (::testing::Test::HasFailure()) return;
    count(world.all);
    ports(world.all);
    wakes(world.all);
    turns(world.all);
    numbers_of(world.all, done);
    ledger(world.all, done);
    changes(world.all, done);
  }

 private:
  static void count(fleet const& all) {
    fleet_counts counts;
    all.each([&](instance const& it) {
      ++counts.in_state[static_cast<std::size_t>(state_of(it.now))];
      EXPECT_EQ(all.find(it.spec.name), &it);
    });
    EXPECT_EQ(counts, all.counts());
  }

  static void ports(fleet const& all) {
    std::map<std::uint16_t, std::string> leased;
    all.each([&](instance const& it) {
      for (auto const& service : it.spec.services) {
        if (service.port == 0) continue;
        auto const key = fmt::format("{}/{}/{}", it.spec.project, it.spec.name, service.name);
        EXPECT_TRUE(leased.emplace(service.port, key).second)
            << "port " << service.port << " was given twice";
        EXPECT_EQ(all.holder_of_port(service.port), key);
      }
    });
    for (std::uint16_t port = 10'000; port <= 10'005; ++port)
      if (!leased.contains(port)) EXPECT_EQ(all.holder_of_port(port), "") << port;
  }

  static void wakes(fleet const& all) {
    std::optional<instant> first;
    all.each([&](instance const& it) {
      for (auto const& wake : {it.wake, all.find_link(it.id)->wake})
        if (wake && (!first || *wake < *first)) first = wake;
    });
    EXPECT_EQ(first, all.next_wake());
  }

  static void turns(fleet const& all) {
    std::map<std::string, int> held, waiting;
    all.each([&](instance const& it) {
      held[it.spec.provider] += it.turn ? 1 : 0;
      waiting[it.spec.provider] += it.turn_asked ? 1 : 0;
    });
    for (auto const& [provider, count] : held) {
      EXPECT_LE(count, 2) << provider;
      if (waiting[provider] > 0) EXPECT_EQ(count, 2) << "somebody waits for a turn that nobody has";
    }
  }

  void numbers_of(fleet const& all, fleet_step const& done) {
    for (auto const& event : done.events) EXPECT_EQ(event.seq, ++last_seq_) << event.type;
    EXPECT_EQ(all.last_seq(), last_seq_);
  }

  // What the ledger says is what the instances say, and within the quota.
  void ledger(fleet const& all, fleet_step const& done) {
    for (auto const& [who, change] : done.ledger) {
      if (change.kind == ledger_change_kind::released)
        EXPECT_EQ(open_.erase(change.entry.id), 1U);
      else
        open_[change.entry.id] = change.kind == ledger_change_kind::held;
    }
    std::map<resource_id, bool> entries;
    std::map<std::string, int> containers;
    all.each([&](instance const& it) {
      for (auto const& entry : it.resources) {
        entries.emplace(entry.id, entry.held);
        containers[it.spec.provider] += entry.wish.kind == "container" ? 1 : 0;
      }
    });
    EXPECT_EQ(entries, open_);
    for (auto const& [provider, count] : containers) EXPECT_LE(count, 4) << provider;
  }

  // Whatever is journalled of an instance is journalled when it changes.
  void changes(fleet const& all, fleet_step const& done) {
    std::set<instance_id> told(done.changed.begin(), done.changed.end());
    EXPECT_EQ(told.size(), done.changed.size()) << "each once";
    std::map<instance_id, std::string> now;
    all.each([&](instance const& it) { now.emplace(it.id, dump(journalled_part(it))); });
    for (auto const& [id, text] : now) {
      auto const before = kept_.find(id);
      if (before == kept_.end() || before->second != text) EXPECT_TRUE(told.contains(id)) << text;
    }
    for (auto const& [id, text] : kept_)
      if (!now.contains(id)) EXPECT_TRUE(told.contains(id)) << "deleted, and nobody was told: " << text;
    kept_ = std::move(now);
    if (!done.answer) EXPECT_FALSE(done.must_be_journalled()) << done.answer.error().message;
  }

  std::uint64_t last_seq_ = 0;
  std::map<resource_id, bool> open_;
  std::map<instance_id, std::string> kept_;
};

TEST(fleet_walk, what_is_kept_is_what_one_counts) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    fleet_walk one(seed, recount());
    one.run(500);
    one.end();
    EXPECT_EQ(one.world().all.size(), 0U);
    EXPECT_EQ(one.world().all.counts(), fleet_counts{});
    EXPECT_FALSE(one.world().all.next_wake());
    EXPECT_TRUE(one.world().there.empty()) << *one.world().there.begin() << " was left behind";
    if (HasFailure()) return;
  }
}

TEST(fleet_walk, the_quota_has_not_drifted_in_the_end) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    fleet_walk one(seed, [](auto const&, auto const&) {});
    one.run(300);
    one.end();
    auto world = one.world();
    for (auto const* name : {"1", "2", "3", "4", "5"}) world.create(name), world.start(name), world.settle();
    for (auto const* name : {"1", "2", "3", "4"}) EXPECT_EQ(world.at(name).now, phase::running) << name;
    EXPECT_EQ(world.at("5").now, phase::start_failed);
    EXPECT_EQ(message_of(world.at("5")),
              "docker allows 4 container: 4 in use, held by 1, 2, 3, 4; 1 more asked for");
  }
}

TEST(fleet_walk, the_same_seed_walks_the_same_way) {
  auto const walk = [](std::uint64_t seed) {
    fleet_walk one(seed, [](auto const&, auto const&) {});
    one.run(400);
    return one.trace();
  };
  EXPECT_EQ(walk(7), walk(7));
  EXPECT_NE(walk(7), walk(8));
}

}  // namespace
}  // namespace ostler::lifecycle

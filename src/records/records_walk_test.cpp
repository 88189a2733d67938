// Random lives of a fleet, written down step by step: what is read again is what was, and a fleet made of it
// goes on as the other would after a crash.

#include <gtest/gtest.h>
#include <map>

#include "lifecycle/fleet/test/fleet_walk.hpp"
#include "lifecycle/instance/test/dump.hpp"
#include "records/records.hpp"

namespace ostler::records {
namespace {

using namespace lifecycle;

// Keeps what transactions say, like a journal without a disk.
class kept_records {
 public:
  void take(journal::transaction const& change) {
    for (auto const& state : change.states) {
      if (state.body)
        states_[state.key] = *state.body;
      else
        states_.erase(state.key);
    }
    for (auto const& entry : change.ledger) {
      if (entry.status == journal::ledger_status::released)
        open_.erase(entry.resource);
      else
        open_[entry.resource] = entry;
    }
    for (auto const& event : change.events) {
      EXPECT_EQ(event.seq, ++last_seq_);
      auto const back = read_event(event.body);
      ASSERT_TRUE(back.has_value());
      EXPECT_EQ(write_event(*back), event.body);
      EXPECT_EQ(back->seq, event.seq);
      EXPECT_EQ(back->type, event.type);
      EXPECT_EQ(back->instance, event.instance);
    }
  }

  journal::contents contents() const {
    journal::contents all;
    for (auto const& [key, body] : states_)
      if (key.starts_with(live_prefix)) all.states.push_back({key, body});
    for (auto const& [id, entry] : open_) all.open_ledger.push_back(entry);
    all.last_seq = last_seq_;
    return all;
  }

 private:
  std::map<std::string, std::string> states_;
  std::map<resource_id, journal::ledger_record> open_;
  journal::sequence last_seq_ = 0;
};

std::map<std::string, std::string> as_text(fleet const& all) {
  std::map<std::string, std::string> out;
  all.each([&](instance const& it) { out[it.spec.name] = dump(journalled_part(it)); });
  return out;
}

void expect_same_after_a_crash(driven_fleet const& world, journal::contents const& kept) {
  auto loaded = read_contents(kept);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
  fleet again(world.all.rules());
  again.load(std::move(loaded->instances), loaded->last_seq);
  EXPECT_EQ(as_text(again), as_text(world.all));
  EXPECT_EQ(again.last_seq(), world.all.last_seq());
  EXPECT_EQ(again.counts(), world.all.counts());
  auto straight = world;
  auto const one = straight.crash(), other = again.recover({straight.now, straight.wall, straight.luck});
  EXPECT_EQ(one.events, other.events);
  EXPECT_EQ(one.changed, other.changed);
  EXPECT_EQ(one.orders.size(), other.orders.size());
  EXPECT_EQ(as_text(again), as_text(straight.all));
}

TEST(records_walk, what_is_read_again_is_what_was) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    kept_records journal;
    std::size_t steps = 0;
    fleet_walk one(seed, [&](driven_fleet const& world, fleet_step const& done) {
      if (::testing::Test::HasFailure()) return;
      journal.take(to_transaction(world.all, done));
      if (++steps % 10 == 0) expect_same_after_a_crash(world, journal.contents());
    });
    one.run(300);
    one.end();
    EXPECT_TRUE(journal.contents().states.empty());
    EXPECT_TRUE(journal.contents().open_ledger.empty());
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace ostler::records

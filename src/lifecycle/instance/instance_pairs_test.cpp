// All pairs of a representative instance and an event: what holds for every pair, and that none is left out.
// The tables themselves are in instance_pairs_up_test.cpp and instance_pairs_down_test.cpp.

#include <gtest/gtest.h>
#include <set>

#include "lifecycle/instance/instance_reference.hpp"
#include "lifecycle/instance/test/dump.hpp"

namespace ostler::lifecycle {
namespace {

// Taken in, and the instance is as the event says.
bool may_be_so_already(instance_event const& event) {
  return std::holds_alternative<recovered>(event) || std::holds_alternative<contact_closed>(event) ||
         std::holds_alternative<hook_done>(event) || std::holds_alternative<place_doubted>(event) ||
         std::holds_alternative<resource_removed>(event);
}

TEST(instance_pairs, each_is_handled_ignored_or_refused_by_name) {
  for (auto const& from : instance_samples())
    for (auto const& event : instance_event_samples(from.state)) {
      auto one = from.state;
      if (event.when_due) one.now = one.it.wake.value_or(one.now);
      auto const before = one.it;
      auto const& done = one.feed(event.event);
      bool const something = done.changed || !done.orders.empty() || dump(before) != dump(done.next);
      EXPECT_TRUE(something || !done.ignored.empty() || done.refused || may_be_so_already(event.event))
          << from.name << " x " << event.name;
      if (done.refused) EXPECT_EQ(dump(before), dump(done.next)) << from.name << " x " << event.name;
      if (!done.ignored.empty()) EXPECT_FALSE(done.changed) << from.name << " x " << event.name;
    }
}

TEST(instance_pairs, samples_cover_every_phase_and_every_event) {
  std::set<phase> phases;
  std::set<std::size_t> events;
  auto const page = instance_reference();
  for (auto const& from : instance_samples()) {
    phases.insert(from.state.it.now);
    for (auto const& event : instance_event_samples(from.state)) {
      events.insert(event.event.index());
      EXPECT_TRUE(event.name.starts_with(name(event.event)) || event.event.index() == 14) << event.name;
    }
  }
  EXPECT_EQ(phases.size(), all_phases().size());
  EXPECT_EQ(events.size(), std::variant_size_v<instance_event>);
  for (auto const& each : all_phases()) EXPECT_NE(page.find(each.name), std::string::npos);
}

TEST(instance_pairs, deleted_is_the_end) {
  for (auto const& from : instance_samples()) {
    if (from.state.it.now != phase::deleted) continue;
    for (auto const& event : instance_event_samples(from.state)) {
      auto one = from.state;
      one.feed(event.event);
      EXPECT_EQ(one.it.now, phase::deleted) << event.name;
      EXPECT_TRUE(one.last.orders.empty()) << event.name;
      EXPECT_TRUE(one.last.ledger.empty()) << event.name;
    }
  }
}

}  // namespace
}  // namespace ostler::lifecycle

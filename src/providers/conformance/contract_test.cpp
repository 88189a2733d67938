// What every provider does, step by step, twice, and when a step does not come to its end.
#include <algorithm>
#include <set>

#include "providers/conformance/conformance.hpp"
#include "wire/json.hpp"
#include "wire/keeper_link.hpp"

namespace ostler::providers {
namespace {

TEST_P(conformance, makes_a_place_and_takes_it_away) {
  bring_up();
  for (auto const& one : inspect()) {
    EXPECT_EQ(one.seen, presence::present) << one.name << ": " << one.detail;
    EXPECT_TRUE(one.ours);
    EXPECT_FALSE(one.handle.empty());
  }
  auto const socket = dial();
  ASSERT_TRUE(socket) << socket.error().message;
  auto const said = wire::from_json<wire::registered>(first_message(socket->get()));
  ASSERT_TRUE(said) << said.error().message;
  EXPECT_EQ(said->type, "registered");
  EXPECT_EQ(said->instance, place_.whose.instance.text());
  EXPECT_EQ(said->generation, 1U);
  destroy_all();
  expect_nothing_left();
}

TEST_P(conformance, tells_what_it_is_and_how_much_it_keeps_apart) {
  auto const told = loop_.run(rig_->subject().describe(patiently()));
  ASSERT_TRUE(told);
  EXPECT_FALSE(told->name.empty());
  EXPECT_FALSE(told->isolation_told.empty());
  EXPECT_TRUE(wire::detail::parse(told->config_schema));
}

TEST_P(conformance, does_each_thing_once_when_it_is_asked_twice) {
  plan();
  for (auto const& one : directories()) {
    EXPECT_EQ(prepare(one)->how, made_how::made);
    EXPECT_EQ(prepare(one)->how, made_how::existed_ours);
  }
  EXPECT_FALSE(launch()->found);
  EXPECT_TRUE(launch()->found);
  EXPECT_TRUE(dial());
  EXPECT_TRUE(dial());
  destroy_all();
  destroy_all();
  expect_nothing_left();
}

TEST_P(conformance, leaves_nothing_whichever_step_was_the_last) {
  plan();
  auto const steps = place_.resources.size();
  for (std::size_t last = 0; last <= steps; ++last) {
    std::size_t step = 0;
    for (auto const& one : directories())
      if (step++ < last) ASSERT_TRUE(prepare(one));
    if (step < last) ASSERT_TRUE(launch());
    destroy_all();
    expect_nothing_left();
  }
}

TEST_P(conformance, leaves_nothing_when_a_call_has_no_time) {
  plan();
  call const hasty{.limit = milliseconds(0), .report = {}};
  for (auto const& one : directories()) {
    auto const made = loop_.run(rig_->subject().prepare(hasty, place_, one));
    if (!made) {
      EXPECT_EQ(made.error().code, error_code::timed_out);
    }
    // What was given up is begun again or found.
    EXPECT_TRUE(prepare(one));
  }
  auto const up = loop_.run(rig_->subject().launch(hasty, place_, keeper(), spec()));
  if (!up) {
    EXPECT_EQ(up.error().code, error_code::timed_out);
  }
  EXPECT_TRUE(launch());
  for (auto const& one : place_.resources)
    static_cast<void>(loop_.run(rig_->subject().destroy(hasty, place_, one, provider::pace::patient)));
  destroy_all();
  expect_nothing_left();
}

TEST_P(conformance, refuses_what_bears_our_name_and_is_not_ours) {
  plan();
  for (auto const& one : directories()) {
    if (!rig_->occupy(one)) continue;
    EXPECT_EQ(prepare(one)->how, made_how::existed_foreign);
    EXPECT_EQ(destroy(one).error().code, error_code::foreign_resource);
    for (auto const& seen : inspect())
      if (seen.name == one.name) {
        EXPECT_EQ(seen.seen, presence::present);
        EXPECT_FALSE(seen.ours);
      }
    EXPECT_TRUE(rig_->occupied(one));
  }
  auto const owned = loop_.run(rig_->subject().list_owned(patiently(), rig_->daemon()));
  ASSERT_TRUE(owned);
  EXPECT_TRUE(owned->empty());
}

TEST_P(conformance, takes_what_belongs_to_another_instance_for_foreign) {
  plan();
  auto const first = directories().front();
  ASSERT_TRUE(prepare(first));
  auto const ours = place_;
  place_.whose.instance = instance_id::make({}, 3, 4);
  EXPECT_EQ(prepare(first)->how, made_how::existed_foreign);
  EXPECT_EQ(destroy(first).error().code, error_code::foreign_resource);
  place_ = ours;
  place_.whose.daemon = "another";
  EXPECT_EQ(destroy(first).error().code, error_code::foreign_resource);
  place_ = ours;
  destroy_all();
  expect_nothing_left();
}

TEST_P(conformance, refuses_names_that_are_more_than_names) {
  plan();
  auto const good = directories().front();
  for (std::string const name : {"", ".", "..", "../up", "a/b", "/etc", "-rf", "a b", "a\nb", "Ümlaut",
                                 "$(id)", "a;b", "a\\b", "UPPER", ".hidden"}) {
    auto bad = good;
    bad.name = name;
    EXPECT_EQ(prepare(bad).error().code, error_code::name_invalid) << name;
    EXPECT_EQ(destroy(bad).error().code, error_code::name_invalid) << name;
  }
  auto zero = good;
  zero.name = std::string("a\0b", 3);
  EXPECT_EQ(prepare(zero).error().code, error_code::name_invalid);
  zero.name = std::string(1000, 'a');
  EXPECT_EQ(prepare(zero).error().code, error_code::name_invalid);
  expect_nothing_left();
}

TEST_P(conformance, finds_no_work_where_nobody_has_worked_whichever_step_was_the_last) {
  plan();
  auto const expect_none = [this](std::string_view when) {
    auto const found = loop_.run(rig_->subject().find_work(patiently(), place_));
    ASSERT_TRUE(found) << when << ": " << found.error().message;
    EXPECT_EQ(found->count, 0U) << when;
  };
  expect_none("before anything was made");
  for (auto const& one : directories()) {
    ASSERT_TRUE(prepare(one));
    expect_none(one.name);
  }
  ASSERT_TRUE(launch());
  expect_none("while a keeper runs");
  if (rig_->kill_keeper(place_)) expect_none("after its keeper was killed");
  destroy_all();
  expect_none("after the end");
  expect_nothing_left();
}

TEST_P(conformance, lists_what_is_ours_and_nothing_of_another_daemon) {
  bring_up();
  auto const owned = loop_.run(rig_->subject().list_owned(patiently(), rig_->daemon()));
  ASSERT_TRUE(owned);
  std::set<std::string> names;
  for (auto const& one : *owned) {
    names.insert(one.name);
    EXPECT_EQ(one.whose.instance, place_.whose.instance);
  }
  for (auto const& one : place_.resources) EXPECT_TRUE(names.contains(one.name)) << one.name;
  EXPECT_EQ(names.size(), place_.resources.size());
  EXPECT_TRUE(loop_.run(rig_->subject().list_owned(patiently(), "another"))->empty());
  destroy_all();
  expect_nothing_left();
}

TEST_P(conformance, ends_what_a_keeper_held_that_was_killed) {
  // By the best there is, and by the least.
  for (auto const* how : {"", "scan"}) {
    SCOPED_TRACE(how);
    containment_ = how;
    bring_up();
    await_services();
    if (!rig_->kill_keeper(place_)) GTEST_SKIP() << "the keeper of this kind cannot be killed alone";
    EXPECT_GT(rig_->running(), 0U) << "services outlive their keeper";
    for (auto const& one : inspect())
      EXPECT_EQ(one.seen, one.name == keeper().name ? presence::absent : presence::present) << one.name;
    destroy_all();
    EXPECT_EQ(rig_->running(), 0U);
    expect_nothing_left();
  }
}

TEST_P(conformance, leaves_nothing_of_a_keeper_that_was_killed_before_anybody_could_reach_it) {
  for (auto const* how : {"", "scan"}) {
    SCOPED_TRACE(how);
    containment_ = how;
    bring_up();
    await_services();
    if (!rig_->kill_keeper(place_)) GTEST_SKIP() << "the keeper of this kind cannot be killed alone";
    ASSERT_TRUE(rig_->pretend(place_, early_death::before_its_door));
    destroy_all();
    expect_nothing_left();
    EXPECT_TRUE(rig_->left_groups().empty());
  }
}

TEST_P(conformance, ends_what_was_held_when_the_next_keeper_was_killed_before_it_took_over) {
  bring_up();
  await_services();
  if (!rig_->kill_keeper(place_)) GTEST_SKIP() << "the keeper of this kind cannot be killed alone";
  ASSERT_TRUE(rig_->pretend(place_, early_death::before_it_took_over));
  for (auto& one : place_.resources)
    if (one.kind == keeper_kind) one.generation = 2;
  EXPECT_GT(rig_->running(), 0U);
  destroy_all();
  expect_nothing_left();
}

TEST_P(conformance, leaves_nothing_of_a_keeper_that_could_not_begin) {
  containment_ = "by good words";
  plan();
  for (auto const& one : directories()) ASSERT_TRUE(prepare(one));
  EXPECT_EQ(launch().error().code, error_code::provider_failed);
  destroy_all();
  expect_nothing_left();
}

TEST_P(conformance, lists_a_keeper_that_was_killed_while_what_it_held_may_live) {
  bring_up();
  if (!rig_->kill_keeper(place_)) GTEST_SKIP() << "the keeper of this kind cannot be killed alone";
  auto const owned = loop_.run(rig_->subject().list_owned(patiently(), rig_->daemon()));
  ASSERT_TRUE(owned);
  EXPECT_EQ(std::ranges::count(*owned, keeper().name, &owned_thing::name), 1);
  destroy_all();
  expect_nothing_left();
}

TEST_P(conformance, launches_the_next_generation_where_a_keeper_was_killed) {
  bring_up();
  if (!rig_->kill_keeper(place_)) GTEST_SKIP() << "the keeper of this kind cannot be killed alone";
  auto const former = keeper();
  for (auto& one : place_.resources)
    if (one.kind == keeper_kind) {
      one.name += "-next";
      one.generation = 2;
    }
  auto const up = launch();
  ASSERT_TRUE(up) << up.error().message;
  EXPECT_FALSE(up->found);
  for (auto const& one : inspect()) EXPECT_EQ(one.seen, presence::present) << one.name;
  // Its entry may stay for a while: the later one has taken over, and is not ended by it.
  EXPECT_TRUE(destroy(former));
  EXPECT_TRUE(dial());
  destroy_all();
  expect_nothing_left();
}

TEST_P(conformance, cannot_reach_a_keeper_that_is_not_there) {
  plan();
  EXPECT_EQ(dial().error().code, error_code::link_failed);
  for (auto const& one : directories()) ASSERT_TRUE(prepare(one));
  EXPECT_EQ(dial().error().code, error_code::link_failed);
  destroy_all();
  expect_nothing_left();
}

}  // namespace
}  // namespace ostler::providers

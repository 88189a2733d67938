#include "journal/conformance/conformance.hpp"

#include <gmock/gmock.h>

namespace ostler::journal {

using testing::ElementsAre;
using testing::IsEmpty;

journal::committed listener::hear(sequence number) {
  return [this, number](result<void> answer) {
    std::scoped_lock const held(mutex_);
    (answer ? kept_ : refused_).push_back(number);
    if (!answer) errors_.push_back(answer.error());
  };
}
std::vector<sequence> listener::kept() const {
  std::scoped_lock const held(mutex_);
  return kept_;
}
std::vector<sequence> listener::refused() const {
  std::scoped_lock const held(mutex_);
  return refused_;
}
std::vector<error> listener::errors() const {
  std::scoped_lock const held(mutex_);
  return errors_;
}

resource_id resource(std::uint64_t number) {
  return resource_id::make(wall_time(milliseconds(number)), number, number);
}
instance_id instance(std::uint64_t number) {
  return instance_id::make(wall_time(milliseconds(number)), number, number);
}
event_record event(sequence seq, instance_id about) {
  return {.seq = seq,
          .time = wall_time(milliseconds(seq)),
          .instance = about,
          .type = "instance.phase",
          .body = "{\"n\":" + std::to_string(seq) + "}"};
}
transaction numbered(sequence seq, purpose why) {
  transaction change{.why = why};
  change.states.push_back({"newest", std::to_string(seq)});
  change.events.push_back(event(seq));
  return change;
}
std::vector<sequence> numbers_of(std::vector<event_record> const& events) {
  std::vector<sequence> numbers;
  for (auto const& each : events) numbers.push_back(each.seq);
  return numbers;
}

void conformance::keep(transaction change) {
  listener heard;
  subject().commit(std::move(change), heard.hear(0));
  rig_->settle();
  ASSERT_EQ(heard.kept().size(), 1U);
}
std::vector<sequence> conformance::kept_numbers() {
  return numbers_of(subject().events(0, 1'000'000).value());
}

namespace {

bool operator_equal(event_record const& left, event_record const& right) {
  return left.seq == right.seq && left.time == right.time && left.instance == right.instance &&
         left.type == right.type && left.body == right.body;
}

TEST_P(conformance, a_new_journal_is_empty) {
  auto const loaded = subject().load().value();
  EXPECT_TRUE(loaded.states.empty());
  EXPECT_TRUE(loaded.open_ledger.empty());
  EXPECT_EQ(loaded.first_seq, 0U);
  EXPECT_EQ(loaded.last_seq, 0U);
  EXPECT_EQ(subject().health(), condition::sound);
  EXPECT_THAT(kept_numbers(), IsEmpty());
}

TEST_P(conformance, answers_come_once_and_in_the_order_of_commit) {
  std::vector<sequence> expected;
  for (sequence seq = 1; seq <= 500; ++seq) {
    subject().commit(numbered(seq), heard_.hear(seq));
    expected.push_back(seq);
  }
  rig_->settle();
  EXPECT_EQ(heard_.kept(), expected);
  EXPECT_THAT(heard_.refused(), IsEmpty());
}

TEST_P(conformance, nobody_has_to_listen) {
  subject().commit(numbered(1), {});
  rig_->settle();
  EXPECT_EQ(subject().load()->last_seq, 1U);
}

TEST_P(conformance, an_event_is_read_as_it_was_given) {
  auto const given = event(1, instance(7));
  transaction change;
  change.events = {given, event(2)};
  change.events[1].body = std::string("a\0b\n\"ä", 7);
  keep(change);
  rig_->reopen();
  auto const found = subject().events(0, 10).value();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_TRUE(operator_equal(found[0], given));
  EXPECT_TRUE(operator_equal(found[1], change.events[1]));
}

TEST_P(conformance, a_callback_may_commit) {
  subject().commit(numbered(1), [this](result<void>) { subject().commit(numbered(2), heard_.hear(2)); });
  rig_->settle();
  rig_->settle();
  EXPECT_THAT(heard_.kept(), ElementsAre(2));
}

TEST_P(conformance, events_are_read_after_a_number_up_to_a_limit_and_by_instance) {
  for (sequence seq = 1; seq <= 9; ++seq) {
    transaction change;
    change.events.push_back(event(seq, seq % 3 == 0   ? instance(3)
                                       : seq % 3 == 1 ? instance(1)
                                                      : instance_id()));
    keep(change);
  }
  auto const read = [this](sequence after, std::size_t limit, std::optional<instance_id> of = {}) {
    return numbers_of(subject().events(after, limit, of).value());
  };
  EXPECT_THAT(read(0, 3), ElementsAre(1, 2, 3));
  EXPECT_THAT(read(7, 100), ElementsAre(8, 9));
  EXPECT_THAT(read(9, 100), IsEmpty());
  EXPECT_THAT(read(~sequence(0), 100), IsEmpty());
  EXPECT_THAT(read(0, 0), IsEmpty());
  EXPECT_THAT(read(0, std::numeric_limits<std::size_t>::max(), instance(3)), ElementsAre(3, 6, 9));
  EXPECT_THAT(read(3, 1, instance(3)), ElementsAre(6));
  EXPECT_THAT(read(0, 9, instance(99)), IsEmpty());
}

TEST_P(conformance, the_newest_state_of_a_key_is_loaded_sorted_and_a_removed_one_is_not) {
  transaction first;
  first.states = {{"b", "1"}, {"a", "1"}, {"c", "1"}, {"", "empty key"}};
  keep(first);
  transaction second;
  second.states = {{"b", std::nullopt}, {"a", "2"}, {"never there", std::nullopt}, {"d", ""}};
  keep(second);
  // The order within one transaction counts, too.
  transaction third;
  third.states = {{"c", "2"}, {"c", std::nullopt}, {"c", "3"}};
  keep(third);
  rig_->reopen();
  EXPECT_TRUE(subject().load("no such prefix/")->states.empty());
  auto const under = subject().load("d")->states;
  ASSERT_EQ(under.size(), 1U);
  EXPECT_EQ(under[0].key, "d");
  auto const states = subject().load().value().states;
  ASSERT_EQ(states.size(), 4U);
  EXPECT_EQ(states[0].key, "");
  EXPECT_EQ(states[1].key, "a");
  EXPECT_EQ(states[1].body, "2");
  EXPECT_EQ(states[2].key, "c");
  EXPECT_EQ(states[2].body, "3");
  EXPECT_EQ(states[3].key, "d");
  EXPECT_EQ(states[3].body, "");
}

TEST_P(conformance, the_ledger_goes_from_intent_to_held_to_released) {
  auto const record = [this](std::uint64_t number, ledger_status status, char const* body) {
    transaction change;
    change.ledger.push_back({resource(number), instance(number % 2), status, body});
    keep(change);
  };
  record(3, ledger_status::intent, "x");
  record(1, ledger_status::intent, "x");
  record(2, ledger_status::intent, "x");
  record(1, ledger_status::held, "place");
  record(3, ledger_status::held, "place");
  record(3, ledger_status::released, "gone");
  rig_->reopen();

  auto const open = subject().load().value().open_ledger;
  ASSERT_EQ(open.size(), 2U);
  EXPECT_EQ(open[0].resource, resource(1));
  EXPECT_EQ(open[0].instance, instance(1));
  EXPECT_EQ(open[0].status, ledger_status::held);
  EXPECT_EQ(open[0].body, "place");
  EXPECT_EQ(open[1].resource, resource(2));
  EXPECT_EQ(open[1].status, ledger_status::intent);

  auto const of_one = subject().ledger_of(instance(1)).value();
  ASSERT_EQ(of_one.size(), 2U);
  EXPECT_EQ(of_one[0].resource, resource(1));
  EXPECT_EQ(of_one[1].resource, resource(3));
  EXPECT_EQ(of_one[1].status, ledger_status::released);
  EXPECT_EQ(of_one[1].body, "gone");
  EXPECT_THAT(subject().ledger_of(instance(99)).value(), IsEmpty());
}

TEST_P(conformance, numbering_goes_on_after_a_start) {
  keep(numbered(1));
  keep(numbered(2));
  rig_->reopen();
  EXPECT_EQ(subject().load()->last_seq, 2U);
  keep(numbered(3));
  EXPECT_THAT(kept_numbers(), ElementsAre(1, 2, 3));
}

TEST_P(conformance, a_number_that_does_not_follow_on_stops_the_program) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  keep(numbered(1));
  EXPECT_DEATH(
      {
        rig_->clear_away();
        subject().commit(numbered(3), {});
      },
      "without a gap");
  EXPECT_DEATH(
      {
        rig_->clear_away();
        subject().commit(numbered(1), {});
      },
      "without a gap");
  transaction torn;
  torn.events = {event(2), event(4)};
  EXPECT_DEATH(
      {
        rig_->clear_away();
        subject().commit(torn, {});
      },
      "without a gap");
}

// Retention.

TEST_P(conformance, trim_keeps_the_newest_and_the_young) {
  for (sequence seq = 1; seq <= 20; ++seq) keep(numbered(seq));  // of the time of its number, in milliseconds
  auto const at = [](int time) { return wall_time(milliseconds(time)); };
  // Number 15 is 5 ms old at 20: what is younger than that stays.
  ASSERT_TRUE(subject().trim({.events_min = 3, .age_min = 15ms, .events_max = 100}, at(20)));
  EXPECT_EQ(kept_numbers().front(), 6U);
  ASSERT_TRUE(subject().trim({.events_min = 10, .age_min = 1ms, .events_max = 100}, at(1'000)));
  EXPECT_EQ(kept_numbers().front(), 11U);
  ASSERT_TRUE(subject().trim({.events_min = 10, .age_min = 1h, .events_max = 4}, at(1'000)));
  EXPECT_THAT(kept_numbers(), ElementsAre(17, 18, 19, 20));
  EXPECT_EQ(subject().load()->first_seq, 17U);
  EXPECT_EQ(subject().load()->last_seq, 20U);
  ASSERT_TRUE(subject().trim({.events_min = 100, .age_min = 0ms, .events_max = 100}, at(1'000)));
  EXPECT_EQ(kept_numbers().size(), 4U);
}

TEST_P(conformance, trim_leaves_no_gap_when_the_clock_jumped) {
  for (sequence seq = 1; seq <= 5; ++seq) {
    auto change = numbered(seq);
    if (seq == 3) change.events[0].time = wall_time(milliseconds(1'000'000));
    keep(change);
  }
  ASSERT_TRUE(subject().trim({.events_min = 1, .age_min = 1ms, .events_max = 100}, wall_time(1'000ms)));
  EXPECT_THAT(kept_numbers(), ElementsAre(3, 4, 5));
}

TEST_P(conformance, the_newest_event_stays_whatever_the_rule_so_that_numbering_goes_on) {
  ASSERT_TRUE(subject().trim({.events_min = 0, .age_min = 0ms, .events_max = 0}, wall_time(1h)));
  keep(numbered(1));
  keep(numbered(2));
  ASSERT_TRUE(subject().trim({.events_min = 0, .age_min = 0ms, .events_max = 0}, wall_time(1h)));
  rig_->reopen();
  EXPECT_THAT(kept_numbers(), ElementsAre(2));
  keep(numbered(3));
}

// A disk that is full or failing.

TEST_P(conformance, a_full_disk_refuses_growth_and_lets_relief_pass) {
  keep(numbered(1));
  rig_->make(condition::full);
  subject().commit(numbered(2, purpose::growth), heard_.hear(2));
  rig_->settle();
  EXPECT_EQ(subject().begin_again(), 1U);
  subject().commit(numbered(2, purpose::relief), heard_.hear(20));
  rig_->settle();
  EXPECT_THAT(heard_.refused(), ElementsAre(2));
  EXPECT_THAT(heard_.kept(), ElementsAre(20));
  EXPECT_EQ(heard_.errors().at(0).code, error_code::storage_full);
  EXPECT_NE(heard_.errors().at(0).message.find("bytes are free"), std::string::npos);
  EXPECT_EQ(subject().health(), condition::full);
  EXPECT_THAT(kept_numbers(), ElementsAre(1, 2));
  EXPECT_EQ(subject().load()->states.at(0).body, "2");
  EXPECT_TRUE(subject().trim({.events_min = 1, .age_min = 0ms, .events_max = 10}, wall_time(1h)));
}

// It was decided in the belief that what was refused is kept.
TEST_P(conformance, what_was_given_behind_a_refusal_is_refused_with_it) {
  keep(numbered(1));
  rig_->make(condition::full);
  subject().commit(numbered(2, purpose::relief), heard_.hear(2));
  for (sequence seq = 3; seq <= 5; ++seq)
    subject().commit(numbered(seq, seq == 3 ? purpose::growth : purpose::relief), heard_.hear(seq));
  rig_->settle();
  EXPECT_THAT(heard_.kept(), ElementsAre(2));
  EXPECT_THAT(heard_.refused(), ElementsAre(3, 4, 5));
  for (auto const& each : heard_.errors()) EXPECT_EQ(each.code, error_code::storage_full);
  subject().commit(numbered(6, purpose::relief), heard_.hear(6));
  rig_->settle();
  EXPECT_THAT(heard_.refused(), ElementsAre(3, 4, 5, 6));
  EXPECT_EQ(subject().load()->states.at(0).body, "2");
  EXPECT_THAT(kept_numbers(), ElementsAre(1, 2));
}

TEST_P(conformance, after_a_refusal_the_owner_begins_again_behind_the_newest_kept) {
  keep(numbered(1));
  rig_->make(condition::full);
  for (sequence seq = 2; seq <= 4; ++seq) subject().commit(numbered(seq), heard_.hear(seq));
  rig_->settle();
  EXPECT_EQ(subject().begin_again(), 1U);
  subject().commit(numbered(2, purpose::relief), heard_.hear(2));
  subject().commit(numbered(3, purpose::relief), heard_.hear(3));
  rig_->settle();
  EXPECT_THAT(heard_.kept(), ElementsAre(2, 3));
  EXPECT_THAT(kept_numbers(), ElementsAre(1, 2, 3));
}

TEST_P(conformance, to_begin_again_without_a_refusal_stops_the_program) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  keep(numbered(1));
  EXPECT_DEATH(
      {
        rig_->clear_away();
        subject().begin_again();
      },
      "refused nothing");
}

TEST_P(conformance, a_failed_disk_refuses_everything_and_reads_go_on) {
  keep(numbered(1));
  keep(numbered(2));
  rig_->make(condition::failed);
  subject().commit(numbered(3, purpose::growth), heard_.hear(3));
  subject().commit(numbered(4, purpose::relief), heard_.hear(4));
  rig_->settle();
  subject().commit(numbered(5, purpose::relief), heard_.hear(5));
  rig_->settle();
  EXPECT_THAT(heard_.refused(), ElementsAre(3, 4, 5));
  for (auto const& each : heard_.errors()) EXPECT_EQ(each.code, error_code::storage_failed);
  EXPECT_EQ(subject().health(), condition::failed);
  EXPECT_THAT(kept_numbers(), ElementsAre(1, 2));
  EXPECT_EQ(subject().load()->states.at(0).body, "2");
  EXPECT_TRUE(subject().ledger_of(instance(1)));
  EXPECT_FALSE(subject().trim({.events_max = 1}, wall_time(1h)).has_value());
}

}  // namespace
}  // namespace ostler::journal

#include "supervisor/decisions.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "journal/memory_journal.hpp"

namespace ostler::supervisor {
namespace {

using journal::condition;
using lifecycle::create_asked;
using lifecycle::delete_asked;
using lifecycle::for_instance;
using lifecycle::start_asked;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

using words = std::vector<std::string>;

instance_id numbered(std::uint64_t number) {
  return instance_id::make(wall_time(milliseconds(number)), number, number);
}

// A daemon without anything outside: a journal in memory, and what comes out written down.
struct daemon : doer {
  void carry_out(lifecycle::fleet_order const& given) override {
    if (auto const* ordered = std::get_if<lifecycle::order>(&given.what))
      done.emplace_back(lifecycle::name(ordered->kind));
  }
  void tell(lifecycle::fleet_event const& happened) override {
    EXPECT_EQ(happened.seq, ++newest);
    told.push_back(happened.type);
  }
  void give_up_all() override { done.clear(); }
  void stopped_for_good(error const& why) override { stopped = why.message; }

  void begin() {
    decided = std::make_unique<decisions>(
        kept, *this,
        decision_needs{.rules = {},
                       .clock = [this] { return now; },
                       .post = [this](auto what) { posted.push_back(std::move(what)); },
                       .waiting_max = 4});
    ASSERT_TRUE(decided->begin());
    newest = decided->kept_seq();
  }
  void ask(lifecycle::fleet_input const& what, std::string const& name) {
    decided->submit(what, [this, name](result<instance_id> const& answer) {
      answers.push_back(answer ? name + ": done"
                               : fmt::format("{}: {}", name, facts(answer.error().code).name));
    });
  }
  void create(std::uint64_t number, std::string const& name) {
    ask(create_asked{numbered(number), {.name = name, .provider = "local"}, {}, "user"}, "create " + name);
  }
  // The disk does its work, and its answers are heard.
  void settle() {
    while (kept.waiting() > 0 || !posted.empty()) {
      kept.flush();
      for (auto const& each : std::exchange(posted, {})) each();
    }
  }
  bool knows(std::uint64_t number) const { return decided->find(numbered(number)) != nullptr; }

  journal::memory_journal kept;
  moment now{.now = instant(1s), .wall = wall_time(1'700'000'000'000ms), .luck = 7};
  std::vector<std::function<void()>> posted;
  words done;
  words told;
  words answers;
  std::string stopped;
  std::uint64_t newest = 0;
  std::unique_ptr<decisions> decided;
};

TEST(decisions, are_neither_told_nor_done_nor_answered_before_they_are_kept) {
  daemon one;
  one.begin();
  one.create(1, "a");
  one.ask(for_instance{numbered(1), start_asked{"user"}}, "start a");
  EXPECT_THAT(one.answers, IsEmpty());
  EXPECT_THAT(one.told, IsEmpty());
  EXPECT_THAT(one.done, Not(testing::Contains("make")));
  EXPECT_FALSE(one.knows(1));
  one.settle();
  EXPECT_THAT(one.answers, ElementsAre("create a: done", "start a: done"));
  EXPECT_THAT(one.told, Not(IsEmpty()));
  EXPECT_THAT(one.done, Not(IsEmpty()));
  EXPECT_TRUE(one.knows(1));
  EXPECT_EQ(one.decided->kept_seq(), one.newest);
}

TEST(decisions, of_one_turn_of_the_loop_go_to_the_disk_together) {
  daemon one;
  one.begin();
  one.settle();
  one.create(1, "a");
  one.create(2, "b");
  EXPECT_EQ(one.kept.waiting(), 0U);
  EXPECT_EQ(one.posted.size(), 1U);
  for (auto const& each : std::exchange(one.posted, {})) each();
  EXPECT_EQ(one.kept.waiting(), 2U);
}

TEST(decisions, to_look_are_carried_out_while_the_disk_works) {
  daemon one;
  one.begin();
  one.settle();
  one.create(1, "a");
  one.ask(for_instance{numbered(1), start_asked{"user"}}, "start a");
  EXPECT_THAT(one.done, ElementsAre("resolve project"));
  one.settle();
  EXPECT_THAT(one.done, ElementsAre("resolve project"));
}

TEST(decisions, to_look_are_given_up_with_what_they_stood_on) {
  daemon one;
  one.begin();
  one.settle();
  one.kept.set_condition(condition::full);
  one.create(1, "a");
  one.ask(for_instance{numbered(1), start_asked{"user"}}, "start a");
  one.settle();
  EXPECT_THAT(one.done, IsEmpty());
}

TEST(decisions, that_say_no_wait_for_what_they_were_decided_upon) {
  daemon one;
  one.begin();
  one.create(1, "a");
  one.create(2, "a");
  EXPECT_THAT(one.answers, IsEmpty());
  one.settle();
  EXPECT_THAT(one.answers, ElementsAre("create a: done", "create a: name_taken"));
  // With nothing before it there is nothing to wait for.
  one.create(3, "a");
  EXPECT_EQ(one.answers.size(), 3U);
}

TEST(decisions, behind_one_that_was_refused_are_made_anew) {
  daemon one;
  one.begin();
  one.create(1, "old");
  one.settle();
  one.kept.set_condition(condition::full);
  one.create(2, "new");
  one.ask(for_instance{numbered(1), delete_asked{"user"}}, "delete old");
  one.settle();
  EXPECT_THAT(one.answers, ElementsAre("create old: done", "create new: storage_full", "delete old: done"));
  EXPECT_FALSE(one.knows(1));
  EXPECT_FALSE(one.knows(2));
  // From now on growth is refused before anything is decided.
  one.create(3, "newer");
  EXPECT_EQ(one.answers.back(), "create newer: storage_full");
  one.kept.set_condition(condition::sound);
  one.decided->submit(lifecycle::storage_seen{false});
  one.create(4, "newest");
  one.settle();
  EXPECT_EQ(one.answers.back(), "create newest: done");
  EXPECT_EQ(one.stopped, "");
}

TEST(decisions, keep_what_belongs_to_others_in_one_order_with_their_own) {
  daemon one;
  one.begin();
  auto const keep = [&](std::string const& key, journal::purpose why) {
    one.decided->keep({.why = why, .states = {{key, "x"}}, .ledger = {}, .events = {}},
                      [&one, key](result<void> const& done) {
                        one.answers.push_back(key + (done ? ": kept" : ": refused"));
                      });
  };
  one.create(1, "a");
  keep("other/1", journal::purpose::growth);
  EXPECT_THAT(one.answers, IsEmpty());
  one.settle();
  EXPECT_THAT(one.answers, ElementsAre("create a: done", "other/1: kept"));
  // Behind a refused step it is kept all the same; alone it is refused without taking others with it.
  one.answers.clear();
  one.kept.set_condition(condition::full);
  one.create(2, "b");
  keep("other/2", journal::purpose::relief);
  keep("other/3", journal::purpose::growth);
  one.settle();
  EXPECT_THAT(one.answers,
              testing::UnorderedElementsAre("create b: storage_full", "other/2: kept", "other/3: refused"));
  EXPECT_EQ(one.kept.load("other/")->states.size(), 2U);
  EXPECT_EQ(one.stopped, "");
}

TEST(decisions, end_with_a_disk_that_cannot_be_trusted_and_reading_goes_on) {
  daemon one;
  one.begin();
  one.create(1, "a");
  one.settle();
  one.kept.set_condition(condition::failed);
  one.create(2, "b");
  one.create(3, "c");
  one.settle();
  EXPECT_THAT(one.answers,
              ElementsAre("create a: done", "create b: storage_failed", "create c: storage_failed"));
  EXPECT_NE(one.stopped, "");
  EXPECT_TRUE(one.knows(1));
  EXPECT_FALSE(one.decided->next_wake());
  one.create(4, "d");
  EXPECT_EQ(one.answers.back(), "create d: storage_failed");
}

TEST(decisions, are_found_again_after_a_crash_as_far_as_they_were_kept) {
  daemon one;
  one.begin();
  one.create(1, "kept");
  one.settle();
  one.create(2, "lost");
  one.decided.reset();
  one.kept.crash();
  // What its journal still had to say is said to nobody.
  for (auto const& each : std::exchange(one.posted, {})) each();
  one.begin();
  EXPECT_TRUE(one.knows(1));
  EXPECT_FALSE(one.knows(2));
  one.create(3, "lost");
  one.settle();
  EXPECT_THAT(one.answers, ElementsAre("create kept: done", "create lost: done"));
}

TEST(decisions, on_request_are_no_more_made_when_too_many_wait_for_the_disk) {
  daemon one;
  one.begin();
  one.settle();
  for (std::uint64_t number = 1; number <= 5; ++number) one.create(number, fmt::format("n{}", number));
  EXPECT_THAT(one.answers, ElementsAre("create n5: storage_busy"));
  one.settle();
  EXPECT_EQ(one.answers.back(), "create n4: done");
}

}  // namespace
}  // namespace ostler::supervisor

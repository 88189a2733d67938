#include "answers/event_history.hpp"

#include <gtest/gtest.h>

#include "journal/memory_journal.hpp"
#include "records/records.hpp"

namespace ostler::answers {
namespace {

instance_id id_of(std::uint64_t number) { return instance_id::make(wall_time(milliseconds(1)), 0, number); }

// Odd ones of instance 1, even ones of instance 2; a minute apart.
void fill(journal::memory_journal& into, std::uint64_t count) {
  for (std::uint64_t seq = 1; seq <= count; ++seq) {
    lifecycle::fleet_event event{.seq = seq,
                                 .time = wall_time(std::chrono::minutes(seq)),
                                 .instance = id_of(seq % 2 == 0 ? 2 : 1),
                                 .type = seq % 3 == 0 ? "service.ready" : "instance.running"};
    journal::transaction one;
    one.events.push_back({.seq = seq,
                          .time = event.time,
                          .instance = event.instance,
                          .type = event.type,
                          .body = records::write_event(event)});
    into.commit(std::move(one), [](auto const&) {});
  }
  into.flush();
}

std::vector<std::uint64_t> numbers(operations::event_list const& list) {
  std::vector<std::uint64_t> out;
  for (auto const& each : list.events) out.push_back(each.seq);
  return out;
}

using all_of = std::vector<std::uint64_t>;

TEST(history, gives_the_newest_the_oldest_first) {
  journal::memory_journal kept;
  fill(kept, 3000);
  auto const list = read_history(kept, {.limit = 3, .last = 3000}, {});
  ASSERT_TRUE(list);
  EXPECT_EQ(numbers(*list), (all_of{2998, 2999, 3000}));
  EXPECT_EQ(list->last_seq, 3000U);
  EXPECT_EQ(list->oldest_seq, 1U);
  EXPECT_FALSE(list->more);
  auto const some =
      read_history(kept, {.instance = id_of(2), .types = {"service.*"}, .limit = 2, .last = 2999}, {});
  EXPECT_EQ(numbers(*some), (all_of{2988, 2994}));
}

TEST(history, goes_on_behind_a_number_without_a_gap) {
  journal::memory_journal kept;
  fill(kept, 10);
  auto const first = read_history(kept, {.after = 2, .limit = 3, .last = 10}, {});
  EXPECT_EQ(numbers(*first), (all_of{3, 4, 5}));
  EXPECT_TRUE(first->more);
  EXPECT_EQ(first->last_seq, 5U);
  auto const rest = read_history(kept, {.after = 5, .limit = 50, .last = 9}, {});
  EXPECT_EQ(numbers(*rest), (all_of{6, 7, 8, 9}));
  EXPECT_FALSE(rest->more);
  EXPECT_EQ(rest->last_seq, 9U);
  auto const since =
      read_history(kept, {.since = wall_time(std::chrono::minutes(8)), .limit = 50, .last = 10}, {});
  EXPECT_EQ(numbers(*since), (all_of{8, 9, 10}));
}

TEST(history, says_when_what_is_asked_for_is_no_longer_kept) {
  journal::memory_journal kept;
  fill(kept, 20);
  journal::retention const rule{.events_min = 5, .age_min = milliseconds(0), .events_max = 5};
  ASSERT_TRUE(kept.trim(rule, wall_time(std::chrono::hours(10))));
  auto const gone = read_history(kept, {.after = 3, .limit = 5, .last = 20}, {});
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, error_code::events_forgotten);
  EXPECT_EQ(read_history(kept, {.limit = 50, .last = 20}, {})->events.size(), 5U);
  EXPECT_TRUE(read_history(kept, {.after = 15, .limit = 50, .last = 20}, {}));
}

TEST(history, of_nothing_is_empty) {
  journal::memory_journal kept;
  auto const list = read_history(kept, {.limit = 5, .last = 0}, {});
  ASSERT_TRUE(list);
  EXPECT_TRUE(list->events.empty());
  EXPECT_EQ(list->oldest_seq, 0U);
}

}  // namespace
}  // namespace ostler::answers

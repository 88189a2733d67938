// Following a log while it grows, is rotated, opened anew and damaged.
#include <filesystem>
#include <gtest/gtest.h>

#include "keeper/logs/log_query.hpp"
#include "keeper/logs/test/asked.hpp"
#include "keeper/logs/test/scratch_log.hpp"

namespace ostler::keeper {
namespace {

using wire::log_record_kind;
using lines = std::vector<std::string>;
constexpr auto noon = wall_time(1'700'000'000'000ms);
constexpr log_options small{.cap = log_options::cap_least};

std::string line(int number) { return "line " + std::to_string(number) + "\n"; }

struct follow_rig {
  void out(std::string_view text) const { store->append(log_stream::out, noon, as_bytes(text)); }
  void out_lines(int from, int to) const {
    for (int number = from; number < to; ++number) out(line(number));
  }
  std::unique_ptr<log_query> follow(log_question question = {}) const {
    question.follow = true;
    return std::move(*log_query::ask(*store, question));
  }

  scratch_log scratch;
  std::unique_ptr<log_store> store = scratch.open(small);
};

// What was dropped, and that it was told exactly once, before everything that follows.
wire::log_dropped the_drop(std::vector<wire::log_record> const& records) {
  EXPECT_EQ(std::ranges::count(records, log_record_kind::dropped, &wire::log_record::kind), 1);
  auto const found = std::ranges::find(records, log_record_kind::dropped, &wire::log_record::kind);
  return found == records.end() ? wire::log_dropped{} : *wire::parse_log_dropped(found->payload);
}

TEST(a_follower, goes_on_whenever_more_was_appended) {
  follow_rig r;
  struct telling final : log_listener {
    using log_listener::log_listener;
    void appended() override { told = true; }
    bool told = false;
  } listener(*r.store);
  r.out("one\ntw");
  auto const query = r.follow();
  auto const first = take_all(*query);
  EXPECT_EQ(first.state, log_batch::then::waiting);
  // A line is shown once, when it is complete.
  EXPECT_EQ(payloads(first.records), lines{"one"});
  listener.told = false;
  r.out("o\n");
  EXPECT_TRUE(listener.told);
  EXPECT_EQ(payloads(take_all(*query).records), lines{"two"});
  EXPECT_TRUE(take_all(*query).records.empty());
}

TEST(a_follower, begins_at_the_end_when_it_wants_no_history) {
  follow_rig r;
  r.out("old\nbeg");
  auto const query = r.follow({.from = from_tail{0}});
  EXPECT_TRUE(take_all(*query).records.empty());
  r.out("un\nnew\n");
  EXPECT_EQ(payloads(take_all(*query).records), lines{"new"});
}

TEST(a_follower, of_a_pattern_sees_no_more_than_what_fits) {
  follow_rig r;
  auto const query = r.follow({.pattern = "9$", .after = 1});
  r.out_lines(0, 20);
  EXPECT_EQ(payloads(take_all(*query).records), (lines{"line 9", "line 10", "line 19"}));
  r.out_lines(20, 22);
  EXPECT_EQ(payloads(take_all(*query).records), lines{"line 20"});
}

TEST(a_follower, that_fell_behind_rotation_is_told_once_and_exactly) {
  follow_rig r;
  auto const query = r.follow();
  r.out_lines(0, 100);
  auto const seen = take_all(*query).records;
  ASSERT_EQ(seen.size(), 100U);
  r.out_lines(100, 30'000);
  auto const after = take_all(*query).records;
  auto const dropped = the_drop(after);
  EXPECT_EQ(after.front().kind, log_record_kind::dropped);
  EXPECT_TRUE(dropped.lines_known);
  EXPECT_EQ(100 + dropped.lines + (after.size() - 1), 30'000U);
  // On with the first line that is kept, from its beginning.
  auto const first = static_cast<int>(100 + dropped.lines);
  EXPECT_EQ(after.at(1).payload + "\n", line(first));
  EXPECT_EQ(after.at(1).flags, 0);
  std::uint64_t bytes = 0;
  for (int number = 100; number < first; ++number) bytes += line(number).size();
  EXPECT_EQ(dropped.bytes, bytes);
  EXPECT_EQ(after.back().payload, "line 29999");
}

TEST(a_follower, that_is_behind_in_the_midst_of_a_batch_is_told_exactly_too) {
  follow_rig r;
  r.out_lines(0, 500);
  auto const query = r.follow();
  std::uint64_t given = query->next(500).records.size();
  r.out_lines(500, 30'000);
  auto const after = take_all(*query).records;
  auto const dropped = the_drop(after);
  EXPECT_EQ(given + dropped.lines + (after.size() - 1), 30'000U);
}

TEST(a_client, that_was_away_is_told_from_its_cursor_what_it_missed) {
  follow_rig r;
  r.out_lines(0, 50);
  auto const before = ask_all(*r.store, {});
  r.out_lines(50, 30'000);
  r.store = r.scratch.open(small);
  auto const after = ask_all(*r.store, {.from = before.next}).records;
  EXPECT_EQ(50 + the_drop(after).lines + (after.size() - 1), 30'000U);
  // Who did not count hears of the bytes only.
  auto const uncounted =
      ask_all(*r.store, {.from = wire::log_cursor{.position = before.next.position}}).records;
  EXPECT_FALSE(the_drop(uncounted).lines_known);
  EXPECT_EQ(the_drop(uncounted).bytes, the_drop(after).bytes);
  auto const bytes = ask_all(*r.store, {.from = before.next, .raw = true}).records;
  EXPECT_EQ(the_drop(bytes), the_drop(after));
}

TEST(a_reader, is_told_of_a_segment_that_somebody_deleted) {
  follow_rig r;
  r.out_lines(0, 600);
  auto const files = r.scratch.files();
  ASSERT_GE(files.size(), 4U);
  std::filesystem::remove(files[1]);
  for (int round = 0; round < 2; ++round) {
    auto const all = ask_all(*r.store, {}).records;
    EXPECT_EQ(the_drop(all).lines + (all.size() - 1), 600U);
    auto backward = ask_all(*r.store, {.from = wire::log_cursor{.position = UINT64_MAX},
                                       .direction = log_question::order::backward})
                        .records;
    std::ranges::reverse(backward);
    EXPECT_EQ(payloads(backward), payloads(all));
    // The second time it is found from the files alone.
    r.store = r.scratch.open(small);
  }
}

TEST(a_reader, reads_what_lies_around_a_damaged_chunk) {
  follow_rig r;
  r.out_lines(0, 60);
  r.store.reset();
  auto const file = r.scratch.files().at(0);
  auto content = content_of(file);
  // In the header of the chunk of line 30: the first ten are a byte shorter.
  content.at(segment_header_size + 30 * (chunk_overhead + 8) - 10 + 5) ^= 1;
  write_file(file, content);
  r.store = r.scratch.open(small);
  auto const all = ask_all(*r.store, {}).records;
  EXPECT_EQ(all.size(), 60U);
  EXPECT_EQ(the_drop(all).lines, 1U);
  EXPECT_EQ(the_drop(all).bytes, 8U);
  EXPECT_EQ(all.at(30).kind, log_record_kind::dropped);
  EXPECT_EQ(all.at(31).payload, "line 31");
}

TEST(a_reader, survives_that_all_was_deleted_under_it) {
  follow_rig r;
  r.out_lines(0, 100);
  auto const query = r.follow();
  EXPECT_FALSE(query->next(100).records.empty());
  std::filesystem::remove_all(r.scratch.path());
  EXPECT_EQ(take_all(*query).state, log_batch::then::waiting);
  r.out("again\n");
  auto const after = take_all(*query).records;
  ASSERT_FALSE(after.empty());
  EXPECT_EQ(after.back().payload, "again");
}

TEST(a_reader, marks_a_line_whose_beginning_is_gone) {
  follow_rig r;
  r.out("beginning, ");
  for (int number = 0; number < 30'000; ++number)
    r.store->append(log_stream::err, noon, as_bytes(line(number)));
  r.out("end\n");
  auto const all = ask_all(*r.store, {}).records;
  EXPECT_EQ(all.back().payload, "end");
  EXPECT_EQ(all.back().flags, wire::torn);
}

}  // namespace
}  // namespace ostler::keeper

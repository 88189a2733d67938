#include "keeper/logs/log_query.hpp"

#include <gtest/gtest.h>

#include "keeper/logs/test/asked.hpp"
#include "keeper/logs/test/scratch_log.hpp"

namespace ostler::keeper {
namespace {

using wire::log_record_kind;
using lines = std::vector<std::string>;

struct query_rig {
  void out(std::string_view text) { store->append(log_stream::out, now += 1ms, as_bytes(text)); }
  void err(std::string_view text) { store->append(log_stream::err, now += 1ms, as_bytes(text)); }
  lines ask(log_question question) const { return payloads(ask_all(*store, std::move(question)).records); }

  wall_time now{1'700'000'000'000ms};
  scratch_log scratch;
  std::unique_ptr<log_store> store = scratch.open();
};

TEST(a_query, puts_lines_together_that_lie_in_several_chunks) {
  query_rig r;
  r.out("one\ntw");
  r.err("oops");
  r.out("o\n\nthr");
  r.err("!\n");
  r.out("ee");
  auto const all = ask_all(*r.store, {}).records;
  EXPECT_EQ(payloads(all), (lines{"one", "two", "", "oops!", "three"}));
  EXPECT_EQ(all[1].position, 4U);
  // The time of a line is that of its first byte.
  EXPECT_EQ(all[1].wall, wall_time(1'700'000'000'001ms));
  EXPECT_EQ(all[3].kind, log_record_kind::err);
  EXPECT_EQ(all[3].flags, 0);
  EXPECT_EQ(all[4].flags, wire::partial);
}

TEST(a_query, looks_at_the_streams_that_were_asked_for) {
  query_rig r;
  r.out("a\nb");
  r.err("c\n");
  r.store->note(r.now, "exited");
  r.out("\n");
  EXPECT_EQ(r.ask({.streams = streams_out}), (lines{"a", "b"}));
  EXPECT_EQ(r.ask({.streams = streams_err | streams_ours}), (lines{"c", "exited"}));
}

TEST(a_query, finds_patterns_with_their_context) {
  query_rig r;
  for (int number = 0; number < 20; ++number) r.out("line " + std::to_string(number) + "\n");
  EXPECT_EQ(r.ask({.pattern = "[05]$"}), (lines{"line 0", "line 5", "line 10", "line 15"}));
  EXPECT_EQ(r.ask({.pattern = "line 1[0-9]", .invert = true, .lines_max = 2}), (lines{"line 0", "line 1"}));
  EXPECT_EQ(r.ask({.pattern = "1[", .literal = true}), lines{});
  auto const near = ask_all(*r.store, {.pattern = "line (5|7|12)", .before = 2, .after = 1}).records;
  EXPECT_EQ(payloads(near), (lines{"line 3", "line 4", "line 5", "line 6", "line 7", "line 8", "line 10",
                                   "line 11", "line 12", "line 13"}));
  EXPECT_EQ(near[0].flags, wire::context);
  EXPECT_EQ(near[2].flags, 0);
  EXPECT_EQ(r.ask({.from = wire::log_cursor{.position = UINT64_MAX},
                   .direction = log_question::order::backward,
                   .pattern = "line (5|7)",
                   .before = 2,
                   .after = 1}),
            (lines{"line 8", "line 7", "line 6", "line 5", "line 4", "line 3"}));
}

TEST(a_query, refuses_what_is_no_pattern_in_the_words_of_re2) {
  query_rig r;
  auto const refused = log_query::ask(*r.store, {.pattern = "a(b"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::text_malformed);
  EXPECT_NE(refused.error().message.find("missing )"), std::string::npos) << refused.error().message;
}

TEST(a_query, refuses_what_does_not_go_together) {
  query_rig r;
  auto const backward = log_question::order::backward;
  for (auto const& question : {log_question{.from = from_tail{1}, .direction = backward},
                               log_question{.direction = backward, .follow = true},
                               log_question{.pattern = "x", .raw = true}, log_question{.before = 5000}}) {
    auto const refused = log_query::ask(*r.store, question);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, error_code::value_out_of_range);
  }
}

TEST(a_query, selects_by_time_also_when_the_clock_was_set_back) {
  query_rig r;
  r.out("one\n");
  r.out("two\n");
  auto const two = r.now;
  r.now -= 1h;
  r.out("before\n");
  r.now = two;
  r.out("three\n");
  EXPECT_EQ(r.ask({.since = two}), (lines{"two", "three"}));
  EXPECT_EQ(r.ask({.until = two}), (lines{"one", "two", "before"}));
}

TEST(a_query, gives_the_last_lines) {
  query_rig r;
  for (int number = 0; number < 5'000; ++number) r.out("line " + std::to_string(number) + "\n");
  r.out("unfinished");
  EXPECT_EQ(r.ask({.from = from_tail{3}}), (lines{"line 4998", "line 4999", "unfinished"}));
  EXPECT_EQ(r.ask({.from = from_tail{2}, .pattern = "00$"}), (lines{"line 4800", "line 4900"}));
  EXPECT_EQ(r.ask({.from = from_tail{1}, .pattern = "00$", .before = 1, .after = 1}),
            (lines{"line 4899", "line 4900", "line 4901"}));
  EXPECT_EQ(r.ask({.from = from_tail{1'000'000}}).size(), 5'001U);
  EXPECT_EQ(r.ask({.from = from_tail{0}}), lines{});
}

TEST(a_query, reads_little_of_a_large_log_for_its_last_lines) {
  query_rig r;
  std::string text;
  while (text.size() < 1'000'000) text += std::string(99, 'x') + '\n';
  for (int round = 0; round < 60; ++round) r.out(text);
  auto const answer = ask_all(*r.store, {.from = from_tail{10}});
  EXPECT_EQ(answer.records.size(), 10U);
  EXPECT_LE(answer.bytes_read, 512U << 10);
}

TEST(a_query, cuts_lines_that_are_too_long_the_same_both_ways) {
  query_rig r;
  std::string text;
  while (text.size() < 1'000'000) text += "0123456789";
  r.out("before\n" + text + "\nafter\n");
  auto const forward = ask_all(*r.store, {}).records;
  std::string joined;
  for (std::size_t at = 1; at + 1 < forward.size(); ++at) {
    EXPECT_LE(forward[at].payload.size(), log_line_max);
    EXPECT_EQ(forward[at].flags, at + 2 < forward.size() ? wire::continued : 0);
    joined += forward[at].payload;
  }
  EXPECT_EQ(joined, text);
  EXPECT_EQ(forward.back().payload, "after");
  auto backward = ask_all(*r.store, {.from = wire::log_cursor{.position = UINT64_MAX},
                                     .direction = log_question::order::backward})
                      .records;
  std::ranges::reverse(backward);
  EXPECT_EQ(backward, forward);
}

TEST(a_query, gives_bounded_batches_and_goes_on_from_any_of_their_cursors) {
  query_rig r;
  for (int number = 0; number < 300; ++number) {
    r.out("out " + std::to_string(number) + (number % 3 == 0 ? " " : "\n"));
    r.err("err " + std::to_string(number) + (number % 5 == 0 ? " " : "\n"));
  }
  auto const whole = ask_all(*r.store, {}).records;
  std::vector<wire::log_record> pieces;
  wire::log_cursor from{.position = 0, .lines = 0};
  for (auto state = log_batch::then::more; state != log_batch::then::end;) {
    auto const query = *log_query::ask(*r.store, {.from = from});
    auto batch = query->next(200);
    EXPECT_LE(batch.records.size(), 12U);
    std::ranges::move(batch.records, std::back_inserter(pieces));
    from = batch.next;
    state = batch.state;
  }
  EXPECT_EQ(pieces, whole);
}

TEST(a_query, stops_at_its_limits_and_says_where_to_go_on) {
  query_rig r;
  for (int number = 0; number < 10; ++number) r.out("line " + std::to_string(number) + "\n");
  auto const first = ask_all(*r.store, {.lines_max = 4});
  EXPECT_EQ(first.state, log_batch::then::limit);
  EXPECT_EQ(payloads(first.records).back(), "line 3");
  EXPECT_EQ(r.ask({.from = first.next, .lines_max = 1}), lines{"line 4"});
  EXPECT_EQ(r.ask({.bytes_max = 12}), (lines{"line 0", "line 1"}));
  auto const last = ask_all(*r.store, {.from = wire::log_cursor{.position = UINT64_MAX},
                                       .direction = log_question::order::backward,
                                       .lines_max = 2});
  EXPECT_EQ(payloads(last.records), (lines{"line 9", "line 8"}));
  EXPECT_EQ(r.ask({.from = last.next, .direction = log_question::order::backward, .lines_max = 1}),
            lines{"line 7"});
}

TEST(a_query, is_not_led_astray_by_a_chunk_that_claims_to_be_longer_than_it_is) {
  query_rig r;
  for (auto const* text : {"one\n", "two\n", "three\n"}) r.out(text);
  auto const path = r.scratch.files().front();
  auto bytes = content_of(path);
  auto const second = segment_header_size + chunk_overhead + std::string_view("one\n").size();
  auto const nonce = parse_segment_header(as_bytes(bytes))->nonce;
  auto head = *parse_chunk_header(as_bytes(bytes).subspan(second), nonce);
  head.length += 7;
  std::array<std::byte, chunk_header_size> encoded{};
  encode(head, nonce, encoded.data());
  bytes.replace(second, encoded.size(), as_text(encoded));
  write_file(path, bytes);

  auto const found = ask_all(*r.store, {}).records;
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].payload, "one");
  EXPECT_EQ(found[1].kind, log_record_kind::dropped);
  EXPECT_EQ(found[2].payload, "three");
}

TEST(a_query, gives_raw_bytes_of_a_stream_as_they_came) {
  query_rig r;
  r.out("a\nb");
  r.err("no");
  r.out(std::string("\r\0c", 3));
  auto const answer = ask_all(*r.store, {.streams = streams_out, .raw = true});
  std::string text;
  for (auto const& record : answer.records) {
    EXPECT_EQ(record.flags, wire::raw);
    text += record.payload;
  }
  EXPECT_EQ(text, std::string("a\nb\r\0c", 6));
  EXPECT_EQ(r.ask({.from = wire::log_cursor{.position = 1}, .streams = streams_out, .raw = true}).front(),
            "\nb");
}

}  // namespace
}  // namespace ostler::keeper

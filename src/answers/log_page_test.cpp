#include "answers/log_page.hpp"

#include <gtest/gtest.h>

namespace ostler::answers {
namespace {

wire::log_record line(std::uint64_t position, int at, std::string text) {
  return {.kind = wire::log_record_kind::out,
          .position = position,
          .wall = wall_time(milliseconds(at)),
          .payload = std::move(text)};
}

std::vector<std::string> texts(page_read const& read) {
  std::vector<std::string> out;
  for (auto const& each : read.page.lines) out.push_back(each.text);
  return out;
}

log_part part(std::string service, std::vector<wire::log_record> records) {
  log_part out{.from = {.service = std::move(service), .session = {}}, .records = std::move(records)};
  for (auto const& each : out.records) out.end = std::max(out.end, position_behind(each));
  return out;
}

TEST(a_page, keeps_the_order_of_each_log_also_when_the_clock_jumps) {
  auto const read =
      merge({part("a", {line(0, 10, "a1"), line(3, 5, "a2")}), part("b", {line(0, 7, "b1")})}, 10, false);
  EXPECT_EQ(texts(read), (std::vector<std::string>{"b1", "a1", "a2"}));
  EXPECT_EQ(read.page.matched, 3U);
  EXPECT_FALSE(read.page.truncated);
  EXPECT_EQ(read.page.next_cursor, "1~a.6~b.3");
}

TEST(a_page, that_is_full_goes_on_with_the_line_it_left_out) {
  auto const read =
      merge({part("a", {line(0, 1, "a1"), line(3, 3, "a2")}), part("b", {line(0, 2, "b1")})}, 2, false);
  EXPECT_EQ(texts(read), (std::vector<std::string>{"a1", "b1"}));
  EXPECT_TRUE(read.page.truncated);
  EXPECT_EQ(read.next.at("a"), 3U);
  EXPECT_EQ(read.next.at("b"), 3U);
  auto const last = merge({part("a", {line(0, 1, "a1"), line(3, 3, "a2")})}, 1, true);
  EXPECT_EQ(texts(last), std::vector<std::string>{"a2"});
  EXPECT_FALSE(last.page.truncated);
  EXPECT_EQ(last.next.at("a"), 6U);
}

TEST(a_gap, is_told_and_counts_for_nothing) {
  wire::log_record gap{.kind = wire::log_record_kind::dropped, .position = 0};
  gap.payload = wire::encode(wire::log_dropped{.lines = 7, .bytes = 70, .reason = "rotated away"});
  auto const read = merge({part("a", {gap, line(70, 1, "a1")})}, 1, false);
  ASSERT_EQ(read.page.lines.size(), 2U);
  EXPECT_EQ(read.page.lines[0].kind, operations::log_line_kind::gap);
  EXPECT_EQ(read.page.lines[0].dropped, 7U);
  EXPECT_EQ(read.page.lines[0].text, "rotated away");
  EXPECT_EQ(read.page.matched, 1U);
}

TEST(a_cursor, is_read_back_and_nothing_else_is) {
  log_positions const all{{"db", 99}, {"web-1", 18'446'744'073'709'551'615U}};
  EXPECT_EQ(read_log_cursor(write_log_cursor(all)).value(), all);
  EXPECT_TRUE(read_log_cursor(write_log_cursor({})).value().empty());
  for (auto const* each : {"", "2~a.1", "1~", "1~a", "1~a.", "1~.1", "1~a.1~a.2", "1~a.-1", "1~a.1x", "1a.1",
                           "1~a.99999999999999999999"})
    EXPECT_FALSE(read_log_cursor(each)) << each;
}

TEST(a_line, bears_the_run_that_printed_it_as_long_as_that_is_known) {
  auto one = part("a", {line(0, 1, "a1"), line(3, 2, "a2"), line(6, 3, "a3")});
  one.runs = run_places{.run = 7, .begin = 6, .before = 3};
  auto const read = merge({one}, 10, false);
  ASSERT_EQ(read.page.lines.size(), 3U);
  EXPECT_EQ(read.page.lines[0].run, 0U);
  EXPECT_EQ(read.page.lines[1].run, 6U);
  EXPECT_EQ(read.page.lines[2].run, 7U);
  run_places const first{.run = 1, .begin = 5, .before = 5};
  EXPECT_EQ(first.run_at(5), 1U);
  EXPECT_EQ(first.run_at(4), 0U);
}

}  // namespace
}  // namespace ostler::answers

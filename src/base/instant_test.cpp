#include "base/instant.hpp"

#include <gtest/gtest.h>

namespace ostler {
namespace {

TEST(duration, what_people_write_is_read) {
  EXPECT_EQ(parse_duration("250ms").value(), 250ms);
  EXPECT_EQ(parse_duration("10s").value(), 10s);
  EXPECT_EQ(parse_duration("1m30s").value(), 90s);
  EXPECT_EQ(parse_duration("2h").value(), 2h);
  EXPECT_EQ(parse_duration("7d").value(), 7 * 24h);
  EXPECT_EQ(parse_duration("0").value(), 0ms);
  EXPECT_EQ(parse_duration("0s").value(), 0ms);
  EXPECT_EQ(parse_duration("365d").value(), duration_max);
}

TEST(duration, the_written_form_is_read_back) {
  for (std::int64_t const count : {1L, 999L, 1'000L, 61'000L, 90'061'001L, 31'536'000'000L}) {
    milliseconds const duration(count);
    EXPECT_EQ(parse_duration(format_duration(duration)).value(), duration) << format_duration(duration);
  }
  EXPECT_EQ(format_duration(90s), "1m30s");
  EXPECT_EQ(format_duration(0ms), "0s");
}

TEST(duration, nonsense_is_refused_with_the_value_and_what_is_allowed) {
  for (auto const* text : {"", "-1s", "-", "10", "s", "1.5s", "1s1m", "1s1s", "1x", "10 s", "366d", "1s ",
                           "99999999999999999999s", "999999999999d", "0x10s"}) {
    auto const refused = parse_duration(text);
    ASSERT_FALSE(refused.has_value()) << text;
    EXPECT_EQ(refused.error().code, error_code::duration_invalid);
    EXPECT_NE(refused.error().message.find("'" + std::string(text) + "'"), std::string::npos);
    EXPECT_NE(refused.error().message.find("allowed:"), std::string::npos);
  }
}

TEST(duration, a_refusal_is_one_short_line_whatever_was_given) {
  for (auto const& text :
       {std::string("1s\n\x1b[2J"), std::string(100'000, 'x'), "1" + std::string(100'000, 'x')}) {
    auto const message = parse_duration(text).error().message;
    EXPECT_EQ(message.find_first_of("\n\x1b"), std::string::npos);
    EXPECT_LT(message.size(), 500U);
  }
}

TEST(wall_time, is_written_as_rfc_3339) {
  EXPECT_EQ(format_wall_time(wall_time(milliseconds(0))), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_wall_time(wall_time(milliseconds(1'795'263'363'041))), "2026-11-21T12:16:03.041Z");
  EXPECT_EQ(format_wall_time(wall_time(milliseconds(-1))), "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace ostler

#include "keeper/sessions/escape_parser.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace ostler::keeper {
namespace {

using kind = escape_parser::kind;

// A letter for each byte: '.' where one may begin to read after it, 'x' where not.
std::string boundaries(std::string_view bytes) {
  escape_parser parser;
  std::string found;
  for (char const byte : bytes) {
    parser.feed(byte);
    found += parser.at_boundary() ? '.' : 'x';
  }
  return found;
}

struct seen {
  kind what;
  std::string text;
  bool operator==(seen const&) const = default;
};

std::vector<seen> sequences(std::string_view bytes) {
  escape_parser parser;
  std::vector<seen> all;
  for (char const byte : bytes)
    if (auto const what = parser.feed(byte); what != kind::none)
      all.push_back({what, std::string(parser.text())});
  return all;
}

TEST(an_escape_parser, knows_where_one_may_begin_to_read) {
  struct row {
    std::string_view bytes;
    std::string_view boundaries;
  };
  constexpr row rows[] = {
      {"plain\r\n", "......."},
      {"\xc3\xa4z", "x.."},
      {"\xe2\x82\xac", "xx."},
      {"\xf0\x9f\x98\x80!", "xxx.."},
      // A character that breaks off, and one that never began.
      {"\xe2\x82z", "xx."},
      {"\x82\xff", ".."},
      {"\x1b[31mred", "xxxx...."},
      {"\x1b[?1049h", "xxxxxxx."},
      // A newline in the midst of a sequence is carried out, and the sequence goes on.
      {"\x1b[3\n1m", "xxxxx."},
      {"\x1b(B", "xx."},
      {"\x1b"
       "7x",
       "x.."},
      {"\x1b]0;title\x07z", "xxxxxxxxx.."},
      {"\x1b]0;t\x1b\\z", "xxxxxx.."},
      {"\x1bPq\x07z\x1b\\z", "xxxxxx.."},
      {"\x1b_G\x18z", "xxx.."},
      {"\x1b[3\x1az", "xxx.."},
      // U+009B is CSI, U+009D is OSC, U+009C ends a string.
      {"\xc2\x9b"
       "1mz",
       "xxx.."},
      {"\xc2\x9d"
       "0;t\xc2\x9cz",
       "xxxxxx.."},
      {"\xc2\xa9z", "x.."},
      // ESC begins anew.
      {"\x1b[1\x1b[2mz", "xxxxxx.."},
      {"\x1b]t\x1b[2mz", "xxxxxx.."},
  };
  for (auto const& each : rows) {
    SCOPED_TRACE(testing::PrintToString(each.bytes));
    EXPECT_EQ(boundaries(each.bytes), each.boundaries);
  }
}

TEST(an_escape_parser, says_what_a_sequence_was) {
  EXPECT_EQ(sequences("a\x1b[?25lb\x1b"
                      "c\x1b(B\x05"),
            (std::vector<seen>{
                {kind::csi, "?25l"}, {kind::escape, "c"}, {kind::escape, "(B"}, {kind::control, "\x05"}}));
  EXPECT_EQ(sequences("\x1b]11;?\x07\x1b]11;?\x1b\\\x1bP$qm\x1b\\\xc2\x9d"
                      "52;c;?\xc2\x9c"),
            (std::vector<seen>{{kind::osc, "11;?"},
                               {kind::osc, "11;?"},
                               {kind::escape, "\\"},
                               {kind::dcs, "$qm"},
                               {kind::escape, "\\"},
                               {kind::osc, "52;c;?"}}));
}

TEST(an_escape_parser, keeps_only_the_first_bytes_of_what_is_long) {
  auto const found = sequences("\x1b]52;c;" + std::string(1'000'000, 'A') + "\x07");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found[0].text.starts_with("52;c;AAAA"));
  EXPECT_LE(found[0].text.size(), 128U);
}

}  // namespace
}  // namespace ostler::keeper

#include "cli/text.hpp"

#include <gtest/gtest.h>

namespace ostler::cli {
namespace {

TEST(printable_text, shows_escape_sequences_instead_of_sending_them) {
  EXPECT_EQ(printable("a\x1b[2Jb"), "a\\x1b[2Jb");
  EXPECT_EQ(printable("line\nnext\ttab\r"), "line\\nnext\\ttab\\r");
  EXPECT_EQ(printable("\xc2\x9b"), "\\u009b");
}

TEST(printable_text, shows_marks_that_turn_the_direction) {
  EXPECT_EQ(printable("a\u202eb"), "a\\u202eb");
  EXPECT_EQ(printable("\u2066x"), "\\u2066x");
}

TEST(printable_text, shows_bytes_that_are_no_text) {
  EXPECT_EQ(printable("\xff"
                      "a\xc3"),
            "\\xffa\\xc3");
  EXPECT_EQ(printable("\xe0\x80\x80"), "\\xe0\\x80\\x80");
}

TEST(printable_text, leaves_what_people_write_as_it_is) {
  EXPECT_EQ(printable("größer 日本 ✔"), "größer 日本 ✔");
}

TEST(printable_lines_of_text, keep_their_breaks) { EXPECT_EQ(printable_lines("a\n\x1b\n"), "a\n\\x1b\n"); }

TEST(a_log_line, keeps_colours_and_ends_them) {
  EXPECT_EQ(log_text("\x1b[31mred", colours::keep), "\x1b[31mred\x1b[0m");
  EXPECT_EQ(log_text("\x1b[31mred\x1b[0m", colours::strip), "red");
}

TEST(a_log_line, loses_what_moves_the_cursor_or_names_the_window) {
  EXPECT_EQ(log_text("a\x1b[2Jb\x1b]0;title\x07"
                     "c\x1b]8;;x\x1b\\d\x1b(Be",
                     colours::keep),
            "abcde");
  EXPECT_EQ(log_text("\x1b[31", colours::keep), "");
  EXPECT_EQ(log_text("50%\r", colours::strip), "50%");
}

TEST(a_width, counts_what_a_terminal_draws) {
  EXPECT_EQ(columns_of("abc"), 3U);
  EXPECT_EQ(columns_of("日本"), 4U);
  EXPECT_EQ(columns_of("e\u0301"), 1U);
  EXPECT_EQ(columns_of("\x1b[31mred\x1b[0m"), 3U);
}

TEST(a_text_that_is_cut, says_so_and_fits) {
  EXPECT_EQ(cut_to("abcdef", 4), "abc…");
  EXPECT_EQ(cut_to("日本語", 4), "日…");
  EXPECT_EQ(cut_to("abc", 3), "abc");
  EXPECT_EQ(padded("日", 4), "日  ");
}

}  // namespace
}  // namespace ostler::cli

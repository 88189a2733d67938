#include "cli/table.hpp"

#include <gtest/gtest.h>

namespace ostler::cli {
namespace {

table two_rows() {
  table out({"NAME", "STATUS", "AGE"});
  out.add({cell::of("auth"), cell::of("Running :14021", role::ok), cell::of("14m")}, {.text = "!"});
  out.add({cell::of("search"), cell::of("Stopped"), cell::of("3s")});
  return out;
}

TEST(a_table, has_columns_as_wide_as_what_is_in_them) {
  channel const where({});
  EXPECT_EQ(two_rows().text(where),
            "  NAME    STATUS          AGE\n"
            "! auth    Running :14021  14m\n"
            "  search  Stopped         3s\n");
}

TEST(a_table, leaves_out_columns_from_the_right_and_says_how_many) {
  channel const where({.terminal = true, .columns = 20});
  EXPECT_EQ(two_rows().text(where),
            "  NAME\n"
            "! auth\n"
            "  search\n"
            "2 columns hidden\n");
}

TEST(a_table, cuts_the_first_column_when_nothing_else_is_left) {
  channel const where({.terminal = true, .columns = 6});
  EXPECT_EQ(two_rows().text(where), "  NAME\n! auth\n  sea…\n2 columns hidden\n");
}

TEST(a_table, escapes_what_comes_from_outside) {
  table one({"NAME"});
  one.add({cell::of("a\x1b[2J")});
  EXPECT_EQ(one.text(channel({})), "NAME\na\\x1b[2J\n");
}

}  // namespace
}  // namespace ostler::cli

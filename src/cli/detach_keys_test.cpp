#include "cli/detach_keys.hpp"

#include <gtest/gtest.h>

namespace ostler::cli {
namespace {

TEST(the_keys_to_leave, end_what_is_typed) {
  auto keys = detach_keys::parse("ctrl-q").value();
  EXPECT_EQ(keys.take("ls\r").bytes, "ls\r");
  auto const last = keys.take("ab\x11rest");
  EXPECT_EQ(last.bytes, "ab");
  EXPECT_TRUE(last.leave);
}

TEST(the_keys_to_leave, may_be_several_and_come_in_pieces) {
  auto keys = detach_keys::parse("ctrl-p,ctrl-q").value();
  EXPECT_EQ(keys.take("a\x10").bytes, "a");
  EXPECT_TRUE(keys.take("\x11").leave);
}

TEST(a_part_of_the_keys, is_passed_on_when_something_else_follows) {
  auto keys = detach_keys::parse("ctrl-p,ctrl-p,x").value();
  EXPECT_EQ(keys.take("\x10").bytes, "");
  EXPECT_EQ(keys.take("a").bytes,
            "\x10"
            "a");
  auto const thrice = keys.take("\x10\x10\x10x");
  EXPECT_EQ(thrice.bytes, "\x10");
  EXPECT_TRUE(thrice.leave);
}

TEST(no_keys_to_leave, pass_everything_on) { EXPECT_EQ(detach_keys::parse("")->take("\x11").bytes, "\x11"); }

TEST(the_keys_to_leave, are_refused_when_they_are_none) {
  for (auto const* bad : {"ctrl-", "ctrl-qq", "alt-x", ",", "ctrl-!"})
    EXPECT_FALSE(detach_keys::parse(bad)) << bad;
}

}  // namespace
}  // namespace ostler::cli

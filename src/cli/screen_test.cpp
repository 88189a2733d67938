#include "cli/screen.hpp"

#include <gtest/gtest.h>

namespace ostler::cli {
namespace {

TEST(colours, are_for_terminals) {
  EXPECT_TRUE(takes_colours({}, true));
  EXPECT_FALSE(takes_colours({}, false));
  EXPECT_FALSE(takes_colours({.dumb = true}, true));
}

TEST(colours, are_refused_and_forced_by_the_environment) {
  EXPECT_FALSE(takes_colours({.refused = true}, true));
  EXPECT_TRUE(takes_colours({.forced = true}, false));
  EXPECT_FALSE(takes_colours({.refused = true, .forced = true}, true));
}

TEST(colours, that_were_asked_for_by_a_flag_win) {
  EXPECT_TRUE(takes_colours({.asked = colour_choice::always, .refused = true}, false));
  EXPECT_FALSE(takes_colours({.asked = colour_choice::never, .forced = true}, true));
}

TEST(a_channel, paints_only_where_colours_are_taken) {
  channel const plain({});
  EXPECT_EQ(plain.paint(role::ok, "fine"), "fine");
  channel const painted({.coloured = true});
  EXPECT_EQ(painted.paint(role::ok, "fine"), "\x1b[32mfine\x1b[0m");
}

}  // namespace
}  // namespace ostler::cli

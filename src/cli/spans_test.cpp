#include "cli/spans.hpp"

#include <gtest/gtest.h>

namespace ostler::cli {
namespace {

TEST(an_age, says_the_largest_unit) {
  EXPECT_EQ(age(3s), "3s");
  EXPECT_EQ(age(14min), "14m");
  EXPECT_EQ(age(5h), "5h");
  EXPECT_EQ(age(std::chrono::hours(24 * 12)), "12d");
}

TEST(an_age, that_lies_ahead_is_none) { EXPECT_EQ(age(-5s), "0s"); }

TEST(an_elapsed_time, has_tenths_while_it_is_short) {
  EXPECT_EQ(elapsed(340ms), "0.3s");
  EXPECT_EQ(elapsed(42'199ms), "42.1s");
  EXPECT_EQ(elapsed(185s), "3m05s");
  EXPECT_EQ(elapsed(3720s), "1h02m");
}

}  // namespace
}  // namespace ostler::cli

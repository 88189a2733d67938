#include "lifecycle/policy/start_retries.hpp"

#include <gtest/gtest.h>

namespace ostler::lifecycle {
namespace {

TEST(start_retries, wait_one_two_and_four_seconds_and_then_give_up) {
  start_retries const rule;
  EXPECT_EQ(rule.wait_before(1), 1s);
  EXPECT_EQ(rule.wait_before(2), 2s);
  EXPECT_EQ(rule.wait_before(3), 4s);
  EXPECT_EQ(rule.wait_before(4), std::nullopt);
  EXPECT_EQ(rule.wait_before(0), std::nullopt);
}

TEST(start_retries, none_allowed_means_none) {
  EXPECT_EQ(start_retries{.retries_max = 0}.wait_before(1), std::nullopt);
}

}  // namespace
}  // namespace ostler::lifecycle

#include "control/rates.hpp"

#include <gtest/gtest.h>

namespace ostler::control {
namespace {

TEST(rates, let_through_so_many_at_once_and_then_steadily) {
  rates all(10, 3);
  instant const start{};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(all.take("eva", start));
  EXPECT_FALSE(all.take("eva", start));
  EXPECT_TRUE(all.take("eva", start + 100ms));
  EXPECT_FALSE(all.take("eva", start + 100ms));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(all.take("eva", start + 1h));
  EXPECT_FALSE(all.take("eva", start + 1h));
}

TEST(rates, of_one_are_not_those_of_another) {
  rates all(10, 1);
  EXPECT_TRUE(all.take("eva", instant{}));
  EXPECT_FALSE(all.take("eva", instant{}));
  EXPECT_TRUE(all.take("bob", instant{}));
}

TEST(rates, forget_who_has_not_asked_for_long) {
  rates all(10, 1);
  EXPECT_TRUE(all.take("eva", instant{}));
  all.forget_idle(instant{} + 50ms);
  EXPECT_EQ(all.known(), 1U);
  all.forget_idle(instant{} + 100ms);
  EXPECT_EQ(all.known(), 0U);
}

}  // namespace
}  // namespace ostler::control

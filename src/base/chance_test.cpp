#include "base/chance.hpp"

#include <array>
#include <gtest/gtest.h>

namespace ostler {
namespace {

TEST(chance, the_same_seed_gives_the_same_numbers) {
  chance one(7);
  chance two(7);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(one.bits(), two.bits());
  // Written down, because a replayed seed must stay the same story after a change of compiler.
  EXPECT_EQ(chance(1).bits(), 0x910a'2dec'8902'5cc1ULL);
}

TEST(chance, below_and_between_reach_every_value_and_none_beyond) {
  chance source(1);
  std::array<int, 5> seen{};
  for (int i = 0; i < 5000; ++i) {
    auto const value = source.between(-2, 2);
    ASSERT_GE(value, -2);
    ASSERT_LE(value, 2);
    ++seen[static_cast<std::size_t>(value + 2)];
  }
  for (int const count : seen) EXPECT_GT(count, 800);
}

TEST(chance, happens_about_as_often_as_asked) {
  chance source(3);
  int hits = 0;
  for (int i = 0; i < 10'000; ++i) hits += source.happens(0.25) ? 1 : 0;
  EXPECT_NEAR(hits, 2500, 200);
  EXPECT_FALSE(source.happens(0.0));
  EXPECT_TRUE(source.happens(1.0));
}

TEST(chance, a_fork_goes_its_own_way) {
  chance one(9);
  auto fork = one.fork();
  EXPECT_NE(one.bits(), fork.bits());
}

}  // namespace
}  // namespace ostler

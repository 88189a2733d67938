// The list of checkers is whole, and every one says what it watches.
#include "simulation/checkers/checkers.hpp"

#include <gtest/gtest.h>
#include <set>

namespace ostler::simulation {
namespace {

TEST(checkers, each_states_a_promise_of_its_own) {
  std::set<std::string_view> promises;
  auto const all = all_checkers();
  for (auto const& one : all) {
    EXPECT_FALSE(one->promise().empty());
    EXPECT_TRUE(promises.insert(one->promise()).second) << one->promise();
    EXPECT_TRUE(one->violations().empty());
  }
  EXPECT_GE(all.size(), 16U);
}

}  // namespace
}  // namespace ostler::simulation

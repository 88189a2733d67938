#include "base/ensure.hpp"

#include <gtest/gtest.h>

namespace ostler {
namespace {

TEST(ensure, a_kept_promise_costs_nothing) { ensure(true, "kept"); }

TEST(ensure_death, a_broken_promise_stops_the_program_and_says_which) {
  EXPECT_DEATH(ensure(false, "sequence numbers have no gaps"),
               "broken promise: sequence numbers have no gaps");
}

}  // namespace
}  // namespace ostler

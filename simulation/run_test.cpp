// The simulation itself: it is deterministic, and the shipped scenarios keep every promise.
#include "simulation/run.hpp"

#include <gtest/gtest.h>
#include <ostream>

#include "simulation/checkers/checkers.hpp"
#include "simulation/search.hpp"

namespace ostler::simulation {

// The name in the list of tests.
static void PrintTo(shipped_scenario const& one, std::ostream* out) { *out << one.name; }

namespace {

scenario open_shipped(shipped_scenario const& shipped) {
  return parse_scenario(shipped.text, shipped.name).value();
}

class shipped : public testing::TestWithParam<shipped_scenario> {};

TEST_P(shipped, the_same_seed_twice_ends_in_the_same_number) {
  auto const what = open_shipped(GetParam());
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    auto const once = run(what, seed, all_checkers());
    auto const again = run(what, seed, all_checkers());
    EXPECT_EQ(once.number, again.number) << "seed " << seed;
    EXPECT_EQ(once.steps, again.steps) << "seed " << seed;
  }
}

TEST_P(shipped, another_seed_is_another_story) {
  auto const what = open_shipped(GetParam());
  EXPECT_NE(run(what, 1, {}).number, run(what, 2, {}).number);
}

TEST_P(shipped, writing_the_story_down_does_not_change_it) {
  auto const what = open_shipped(GetParam());
  auto const written = run(what, 3, {}, {.written = true});
  EXPECT_EQ(written.number, run(what, 3, {}).number);
  EXPECT_FALSE(written.lines.empty());
}

TEST_P(shipped, keeps_every_promise) {
  auto const what = open_shipped(GetParam());
  // The default scenario has the most of everything, so it gets the most seeds.
  std::uint64_t const seeds = what.name == "default" ? 1000 : 200;
  auto const found = search(what, 1, seeds, [](search_result const&) { return true; });
  ASSERT_FALSE(found.broken.has_value())
      << "ostler-simulate --scenario " << what.name << " --seed " << found.broken->seed
      << " --story: " << found.broken->violations.front().promise << ": "
      << found.broken->violations.front().what;
  EXPECT_EQ(found.seeds, seeds);
}

INSTANTIATE_TEST_SUITE_P(, shipped, testing::ValuesIn(shipped_scenarios().begin(), shipped_scenarios().end()),
                         [](auto const& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace ostler::simulation

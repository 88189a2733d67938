// Looking for a seed that breaks a promise, and for the shortest story that shows it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "simulation/run.hpp"
#include "simulation/scenario.hpp"

namespace ostler::simulation {

// One seed, judged by all checkers. When the scenario has jumps of the clock that people read, the story is
// told a second time without them, and every decision must be the same.
run_report judge(scenario const& what, std::uint64_t seed, bool written = false);

// The same with checkers that go on counting from seed to seed.
class seed_judge {
 public:
  explicit seed_judge(scenario const& what);
  run_report judge(std::uint64_t seed, bool written = false);

 private:
  scenario const& what_;
  std::vector<std::unique_ptr<observer>> checkers_;
};

// A whole range with checkers that go on counting from seed to seed; stops at the first broken promise.
// `done` is told after each seed and may end the search by returning false.
struct search_result {
  std::uint64_t seeds = 0;
  std::uint64_t steps = 0;
  std::optional<run_report> broken;
};
template <class Done>
search_result search(scenario const& what, std::uint64_t first, std::uint64_t last, Done done) {
  seed_judge judge(what);
  search_result out;
  for (auto seed = first; seed <= last; ++seed) {
    auto report = judge.judge(seed);
    ++out.seeds;
    out.steps += report.steps;
    bool const broken = !report.violations.empty();
    if (broken) out.broken = std::move(report);
    if (broken || !done(out)) break;
  }
  return out;
}

// Switches off what the violation does not need, shrinks the work, and tries other seeds; the result breaks
// the same promise. The report carries the story.
struct shortest {
  scenario what;
  run_report report;
};
shortest shorten(scenario const& what, run_report const& broken);

}  // namespace ostler::simulation

#include "simulation/search.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "simulation/checkers/checkers.hpp"

namespace ostler::simulation {
namespace {

// How many neighbours are asked for a shorter story.
constexpr std::uint64_t neighbours = 60;

bool breaks(run_report const& report, std::string const& promise) {
  return std::ranges::any_of(report.violations, [&](violation const& one) { return one.promise == promise; });
}

class shortener {
 public:
  shortener(scenario const& what, run_report const& broken)
      : best_(what), seed_(broken.seed), promise_(broken.violations.front().promise) {}

  shortest all() {
    // Some promises are only seen broken over many seeds; those stories stay as they are.
    if (!breaks(judge(best_, seed_), promise_)) return {best_, judge(best_, seed_, true)};
    for (bool shorter = true; std::exchange(shorter, false);) {
      for (auto const& field : scenario_fields()) shorter = without(field) || shorter;
      shorter = with_less(&workload::instances, 1) || shorter;
      shorter = with_less(&workload::services, 0) || shorter;
      shorter = with_less(&workload::resources, 1) || shorter;
      shorter = with_less_time() || shorter;
    }
    try_neighbours();
    return {best_, until_broken(judge(best_, seed_, true))};
  }

 private:
  // What happened after the promise was broken is another story.
  static run_report until_broken(run_report report) {
    auto const end = std::ranges::max(report.violations, {}, &violation::when).when;
    if (end > instant{})
      std::erase_if(report.lines, [&](story::line const& line) { return line.when > end; });
    return report;
  }

  // A smaller scenario tells another story under the same seed, so others are asked as well.
  bool keep_if_broken(scenario candidate) {
    for (std::uint64_t other = 0; other <= neighbours; ++other) {
      auto const seed = other == 0 ? seed_ : other;
      if (!breaks(judge(candidate, seed), promise_)) continue;
      best_ = std::move(candidate);
      seed_ = seed;
      return true;
    }
    return false;
  }

  bool without(field_facts const& field) {
    if (field.table != "wrong") return false;
    auto candidate = best_;
    return switch_off(candidate.wrong, field.key) && keep_if_broken(std::move(candidate));
  }

  bool with_less(int workload::* part, int least) {
    if (best_.work.*part <= least) return false;
    auto candidate = best_;
    candidate.work.*part = std::max(least, best_.work.*part / 2);
    return keep_if_broken(std::move(candidate));
  }

  bool with_less_time() {
    if (best_.work.duration <= 2s) return false;
    auto candidate = best_;
    candidate.work.duration = best_.work.duration * 2 / 3;
    return keep_if_broken(std::move(candidate));
  }

  void try_neighbours() {
    auto fewest = judge(best_, seed_).happenings;
    for (std::uint64_t seed = 1; seed <= neighbours; ++seed) {
      auto const report = judge(best_, seed);
      if (!breaks(report, promise_) || report.happenings >= fewest) continue;
      fewest = report.happenings;
      seed_ = seed;
    }
  }

  scenario best_;
  std::uint64_t seed_;
  std::string promise_;
};

}  // namespace

seed_judge::seed_judge(scenario const& what) : what_(what), checkers_(all_checkers()) {}

run_report seed_judge::judge(std::uint64_t seed, bool written) {
  auto report = run(what_, seed, checkers_, {.written = written});
  if (what_.wrong.clock_jump_every <= 0ms) return report;
  auto const steady = run(what_, seed, {}, {.steady_wall_clock = true});
  if (steady.number != report.number)
    report.violations.push_back(
        {"clock jumps are harmless", "without the jumps of the clock it went another way", {}});
  return report;
}

run_report judge(scenario const& what, std::uint64_t seed, bool written) {
  return seed_judge(what).judge(seed, written);
}

shortest shorten(scenario const& what, run_report const& broken) { return shortener(what, broken).all(); }

}  // namespace ostler::simulation

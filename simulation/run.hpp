// One run of a scenario with one seed: work and faults, then quiet, then the end of everything, and the
// verdict.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "simulation/observer.hpp"
#include "simulation/scenario.hpp"
#include "simulation/story.hpp"

namespace ostler::simulation {

struct run_options {
  bool written = false;
  // Clock jumps are left out; everything else stays as it was.
  bool steady_wall_clock = false;
};

struct run_report {
  std::uint64_t seed = 0;
  // Two runs that differ anywhere differ in it.
  std::uint64_t number = 0;
  std::uint64_t steps = 0;
  std::uint64_t happenings = 0;
  std::vector<violation> violations;
  std::vector<story::line> lines;
};

run_report run(scenario const& what, std::uint64_t seed,
               std::vector<std::unique_ptr<observer>> const& checkers, run_options const& options = {});

}  // namespace ostler::simulation

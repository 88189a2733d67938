// How many steps of the machines one thread takes. The figures count in `release` only.
//
// `fleet` leads instances through whole lives, with every answer given at once; an item is one step of a
// machine of the fleet. `simulation` is the default scenario with its world and its checkers; an item is one
// step of the fleet.
#include <benchmark/benchmark.h>

#include "bench/obliging_world.hpp"
#include "lifecycle/service/service.hpp"
#include "simulation/checkers/checkers.hpp"
#include "simulation/run.hpp"

namespace {

using namespace ostler;
using namespace ostler::lifecycle;

void fleet_steps(benchmark::State& state) {
  obliging_world world(static_cast<std::size_t>(state.range(0)));
  auto const before = world.steps();
  for (auto _ : state) {
    world.start_all();
    if (!world.all_in(instance_state::running)) state.SkipWithError("not all are running");
    world.stop_all();
    if (!world.all_in(instance_state::stopped)) state.SkipWithError("not all are stopped");
  }
  state.SetItemsProcessed(world.steps() - before);
}
BENCHMARK(fleet_steps)->Arg(1)->Arg(100)->Arg(1000)->Unit(benchmark::kMillisecond);

void service_steps(benchmark::State& state) {
  auto rules = service_rules_of({}, "web");
  rules.ready = {ready_sign::tcp};
  service web;
  instant now{std::chrono::hours(1)};
  std::int64_t steps = 0;
  auto feed = [&](service_event const& happened) {
    web = step(std::move(web), happened, rules, {.now = now += 1ms, .wall = {}, .luck = 7}).next;
    ++steps;
  };
  for (auto _ : state) {
    feed(want_up{});
    process_key const process{web.process.generation, 4711};
    feed(spawned{process});
    feed(sign_observed{{ready_sign::tcp, true, process}});
    feed(want_down{});
    feed(exited{process, {exit_status::kind::signal, 15}});
    feed(tree_checked{process.generation, {}});
    if (lifecycle::state(web) != service_state::stopped) state.SkipWithError("it is not stopped");
  }
  state.SetItemsProcessed(steps);
}
BENCHMARK(service_steps);

void simulation_seeds(benchmark::State& state) {
  simulation::scenario what;
  for (auto const& shipped : simulation::shipped_scenarios())
    if (shipped.name == "default") what = simulation::parse_scenario(shipped.text, shipped.name).value();
  auto const checkers = simulation::all_checkers();
  std::uint64_t seed = 0;
  std::int64_t steps = 0;
  for (auto _ : state) steps += static_cast<std::int64_t>(simulation::run(what, ++seed, checkers).steps);
  state.SetItemsProcessed(steps);
}
BENCHMARK(simulation_seeds)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();

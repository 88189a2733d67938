// How many steps of the machines one thread takes. The figures count in `release` only.
//
// `fleet` leads instances through whole lives, with every answer given at once; an item is one step of a
// machine of the fleet. `simulation` is the default scenario with its world and its checkers; an item is one
// step of the fleet.
#include <benchmark/benchmark.h>
#include <utility>
#include <variant>
#include <vector>

#include "base/chance.hpp"
#include "lifecycle/fleet/fleet.hpp"
#include "lifecycle/service/service.hpp"
#include "simulation/checkers/checkers.hpp"
#include "simulation/run.hpp"

namespace {

using namespace ostler;
using namespace ostler::lifecycle;

// Answers every order at once, the way it was hoped for.
class obliging_world {
 public:
  explicit obliging_world(std::size_t instances) : fleet_({}) {
    for (std::size_t i = 0; i < instances; ++i) {
      ids_.push_back(instance_id::make(wall_time(milliseconds(1)), luck_.bits(), luck_.bits()));
      instance_spec spec{.name = "env-" + std::to_string(i), .provider = "local", .project = "shop"};
      spec.services.push_back({.name = "web", .port_wanted = true});
      tell(create_asked{.id = ids_.back(), .spec = spec, .actor = "user"});
    }
  }

  void start_all() {
    for (auto const id : ids_) tell(for_instance{id, start_asked{"user"}});
  }
  void stop_all() {
    for (auto const id : ids_) tell(for_instance{id, stop_asked{"user"}});
  }
  bool all_in(instance_state state) const { return fleet_.counts().of(state) == ids_.size(); }
  std::int64_t steps() const { return steps_; }

 private:
  void tell(fleet_input const& what) {
    auto done = fleet_.step(what, {.now = now_ += 1us, .wall = {}, .luck = luck_.bits()});
    ++steps_;
    for (auto const& given : done.orders)
      if (auto const* ordered = std::get_if<order>(&given.what))
        answer(given.who, *ordered);
      else if (auto const* dialled = std::get_if<open_stream>(&std::get<link_command>(given.what)))
        register_link(given.who, dialled->attempt);
  }

  void register_link(instance_id who, std::uint64_t attempt) {
    tell(for_link{who, stream_opened{attempt}});
    tell(for_link{who, registered_received{attempt}});
  }

  void report(instance_id who, std::string const& state, bool ready) {
    auto const generation = fleet_.find(who)->generation;
    tell(for_instance{
        who, services_reported{generation, ++reports_, {{.name = "web", .state = state, .ready = ready}}}});
  }

  void answer(instance_id who, order const& given) {
    auto const say = [&](instance_event what) { tell(for_instance{who, std::move(what)}); };
    switch (given.kind) {
      case order_kind::resolve_project: return say(project_resolved{given.number});
      case order_kind::resolve_workspace:
        return say(workspace_resolved{given.number,
                                      {{.kind = "directory"}, {.kind = "container", .life = lifetime::run}}});
      case order_kind::make:
      case order_kind::launch: return say(resource_made{given.number, given.resources.front().id, "1234"});
      case order_kind::inspect: {
        inspected seen{given.number, {}};
        for (auto const& one : given.resources)
          seen.sightings.push_back({one.id, presence::present, true, "1234"});
        return say(std::move(seen));
      }
      case order_kind::start_services:
        say(hook_done{given.number});
        report(who, "starting", false);
        return report(who, "running", true);
      case order_kind::stop_services: say(hook_done{given.number}); return report(who, "stopped", false);
      case order_kind::stop_keeper:
      case order_kind::remove: return say(resource_removed{given.number, given.resources.front().id});
      case order_kind::run_after_connected:
      case order_kind::run_before_close: return say(hook_done{given.number});
      case order_kind::open_link:
      case order_kind::close_link:
      case order_kind::cancel:
      case order_kind::ask_turn:
      case order_kind::return_turn: return;
    }
  }

  fleet fleet_;
  chance luck_{1};
  std::vector<instance_id> ids_;
  instant now_{std::chrono::hours(1)};
  std::uint64_t reports_ = 0;
  std::int64_t steps_ = 0;
};

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

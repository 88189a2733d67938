// A world for measurements: every order is answered at once, the way it was hoped for.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/chance.hpp"
#include "lifecycle/fleet/fleet.hpp"

namespace ostler::lifecycle {

class obliging_world {
 public:
  using watcher = std::function<void(fleet const&, fleet_step const&)>;

  explicit obliging_world(std::size_t instances, watcher watch = {}) : fleet_({}), watch_(std::move(watch)) {
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
  fleet const& shown() const { return fleet_; }
  std::int64_t steps() const { return steps_; }

 private:
  void tell(fleet_input const& what) {
    auto done = fleet_.step(what, {.now = now_ += 1us, .wall = {}, .luck = luck_.bits()});
    ++steps_;
    if (watch_) watch_(fleet_, done);
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
      case order_kind::apply_services:
      case order_kind::run_before_close: return say(hook_done{given.number});
      case order_kind::open_link:
      case order_kind::close_link:
      case order_kind::cancel:
      case order_kind::ask_turn:
      case order_kind::return_turn: return;
    }
  }

  fleet fleet_;
  watcher watch_;
  chance luck_{1};
  std::vector<instance_id> ids_;
  instant now_{std::chrono::hours(1)};
  std::uint64_t reports_ = 0;
  std::int64_t steps_ = 0;
};

}  // namespace ostler::lifecycle

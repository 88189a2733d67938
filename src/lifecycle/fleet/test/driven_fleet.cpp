#include "lifecycle/fleet/test/driven_fleet.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "base/ensure.hpp"
#include "base/overloaded.hpp"

namespace ostler::lifecycle {
namespace {

constexpr int patience = 10'000;

services_reported report(instance const& it, std::string const& state) {
  services_reported told{it.generation, it.services_seq + 1, {}};
  for (auto const& service : it.spec.services)
    told.services.push_back(
        {.name = service.name, .state = state, .ready = state == "running", .port = service.port});
  return told;
}

}  // namespace

fleet_step driven_fleet::create(instance_spec spec, std::string request_key) {
  auto const id = instance_id::make(wall, 1, ++luck);
  return give(create_asked{id, std::move(spec), std::move(request_key), "user"});
}

fleet_step driven_fleet::give(fleet_input const& input) { return keep(all.step(input, {now, wall, ++luck})); }

fleet_step driven_fleet::keep(fleet_step done) {
  for (auto const& given : done.orders) orders.push_back(given);
  events.insert(events.end(), done.events.begin(), done.events.end());
  return done;
}

fleet_step driven_fleet::ask(std::string_view name, instance_event const& what) {
  return give(for_instance{at(name).id, what});
}

std::vector<fleet_input> driven_fleet::answers_to(instance_id who, order const& given) const {
  auto const* it = all.find(who);
  auto const say = [&](instance_event what) { return fleet_input(for_instance{who, std::move(what)}); };
  switch (given.kind) {
    case order_kind::resolve_project: return {say(project_resolved{given.number})};
    case order_kind::resolve_workspace: return {say(workspace_resolved{given.number, wishes})};
    case order_kind::make:
    case order_kind::launch: {
      auto const& what = given.resources.front();
      return {say(resource_made{given.number, what.id, "p-" + what.name})};
    }
    case order_kind::stop_keeper:
    case order_kind::remove: return {say(resource_removed{given.number, given.resources.front().id})};
    case order_kind::inspect: {
      inspected seen{given.number, {}};
      for (auto const& what : given.resources)
        seen.sightings.push_back({.resource = what.id,
                                  .seen = there.contains(what.name) ? presence::present : presence::absent,
                                  .provider_id = "p-" + what.name});
      return {say(seen)};
    }
    case order_kind::run_after_connected:
    case order_kind::apply_services:
    case order_kind::run_before_close: return {say(hook_done{given.number})};
    case order_kind::start_services: return {say(hook_done{given.number}), say(report(*it, "running"))};
    case order_kind::stop_services: return {say(report(*it, "stopped"))};
    case order_kind::open_link:
    case order_kind::close_link:
    case order_kind::cancel:
    case order_kind::ask_turn:
    case order_kind::return_turn: break;
  }
  return {};
}

std::vector<fleet_input> driven_fleet::good_answers(fleet_order const& given) const {
  if (all.find(given.who) == nullptr) return {};
  return std::visit(overloaded{[&](order const& what) { return answers_to(given.who, what); },
                               [&](link_command const& what) -> std::vector<fleet_input> {
                                 if (auto const* open = std::get_if<open_stream>(&what))
                                   return {for_link{given.who, stream_opened{open->attempt}},
                                           for_link{given.who, registered_received{open->attempt}}};
                                 if (auto const* beat = std::get_if<send_heartbeat>(&what))
                                   return {for_link{given.who, frame_heard{beat->attempt}}};
                                 return {};
                               }},
                    given.what);
}

void driven_fleet::take_effect(fleet_order const& given) {
  auto const* what = std::get_if<order>(&given.what);
  if (what == nullptr) return;
  if (what->kind == order_kind::make || what->kind == order_kind::launch)
    there.insert(what->resources.front().name);
  if (what->kind == order_kind::remove || what->kind == order_kind::stop_keeper)
    there.erase(what->resources.front().name);
}

bool driven_fleet::answer() {
  if (orders.empty()) return false;
  auto const given = orders.front();
  orders.pop_front();
  take_effect(given);
  for (auto const& said : good_answers(given)) give(said);
  return true;
}

void driven_fleet::settle() {
  for (int i = 0; i < patience && answer(); ++i) {
  }
  ensure(orders.empty(), "orders that are answered come to an end");
}

void driven_fleet::until(std::string_view name, phase wanted) {
  auto const there_yet = [&] {
    auto const* it = all.find(name);
    return it == nullptr ? wanted == phase::deleted : it->now == wanted;
  };
  for (int i = 0; i < patience && !there_yet(); ++i)
    if (!answer()) pass_to_next_wake();
  ensure(there_yet(), "the phase is reached");
}

void driven_fleet::pass_to_next_wake() {
  auto const wake = all.next_wake();
  ensure(wake.has_value(), "something waits");
  now = std::max(now, *wake);
  give(time_passed{});
}

fleet_step driven_fleet::crash() {
  std::vector<instance> kept;
  all.each([&](instance const& it) { kept.push_back(journalled_part(it)); });
  auto const last = all.last_seq();
  all = fleet(all.rules());
  all.load(std::move(kept), last);
  orders.clear();
  return keep(all.recover({now, wall, ++luck}));
}

instance const& driven_fleet::at(std::string_view name) const {
  auto const* found = all.find(name);
  ensure(found != nullptr, "the test knows its instances");
  return *found;
}

std::vector<std::string> driven_fleet::types() const {
  std::vector<std::string> out;
  for (auto const& each : events) out.push_back(each.type);
  return out;
}

std::vector<std::string> driven_fleet::orders_waiting() const {
  std::vector<std::string> out;
  for (auto const& each : orders)
    if (auto const* what = std::get_if<order>(&each.what)) out.emplace_back(name(what->kind));
  return out;
}

}  // namespace ostler::lifecycle

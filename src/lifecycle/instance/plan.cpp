#include "lifecycle/instance/plan.hpp"

#include <algorithm>
#include <array>

#include "base/planted_fault.hpp"

namespace ostler::lifecycle {
namespace {

bool services_wanted_up_are_up(instance const& it) {
  return std::ranges::all_of(it.spec.services, [&](service_spec const& wanted) {
    if (!wanted.required) return true;
    auto const view = std::ranges::find(it.services, wanted.name, &service_view::name);
    if (view == it.services.end()) return false;
    return wanted.task ? view->state == "stopped" || view->state == "running" : view->ready;
  });
}

bool any_service_is_up(instance const& it) { return std::ranges::any_of(it.services, &service_view::is_up); }

bool must_go(instance const& it, resource const& entry, direction where) {
  if (entry.removal_ordered) return true;
  if (where == direction::up) return false;
  if (entry.wish.life == lifetime::run) return true;
  if (where == direction::gone) return true;
  return where == direction::take_back && it.failed && it.failed->ending == phase::start_failed &&
         entry.start_number == it.start_number;
}

// In reverse order of making. One that just failed waits for the next round, so that it does not keep the
// others.
planned_step next_removal(instance const& it, direction where) {
  for (std::size_t i = it.resources.size(); i-- > 0;) {
    auto const& entry = it.resources[i];
    if (!must_go(it, entry, where) || entry.removal_failures > it.removal_round) continue;
    return {
        .kind = entry.is_keeper() ? step_kind::stop_keeper : step_kind::remove, .resource = i, .known = true};
  }
  return {};
}

planned_step plan_up(instance const& it) {
  // Nothing is built on what may be half removed: that is finished first, and made anew.
  if (anything_must_go(it)) return next_removal(it, direction::up);
  bool const unseen =
      std::ranges::any_of(it.resources, [](auto const& r) { return r.seen == presence::unknown && !r.dead; });
  if (unseen) return {.kind = step_kind::inspect};
  if (!it.project_resolved) return {.kind = step_kind::resolve_project};
  if (!it.workspace_resolved) return {.kind = step_kind::resolve_workspace};

  for (std::size_t w = 0; w < it.wishes.size(); ++w) {
    auto const& wish = it.wishes[w];
    auto const entry = std::ranges::find_if(it.resources, [&](resource const& r) {
      return r.wish.kind == wish.kind && r.wish.label == wish.label;
    });
    if (entry == it.resources.end()) return {.kind = step_kind::make, .wish = w};
    if (!entry->held)
      return {.kind = step_kind::make,
              .resource = static_cast<std::size_t>(entry - it.resources.begin()),
              .wish = w,
              .known = true};
  }

  auto const keeper =
      std::ranges::find_if(it.resources, [](resource const& r) { return r.is_keeper() && !r.dead; });
  if (keeper == it.resources.end()) return {.kind = step_kind::launch};
  auto const keeper_index = static_cast<std::size_t>(keeper - it.resources.begin());
  if (!keeper->held) return {.kind = step_kind::launch, .resource = keeper_index, .known = true};

  if (it.link == link_view::reconnecting && it.now == phase::running) return {};
  if (it.link != link_view::registered) return {.kind = step_kind::connect};
  if (!it.after_connected_done) return {.kind = step_kind::after_connected};
  if (it.keeper_spec_version != it.spec_version && !planted(fault::change_never_applied))
    return {.kind = step_kind::apply_services};
  // Once running, the keeper restarts services by itself; the instance does not order it again.
  if (it.now == phase::running && it.services_ordered) return {};
  if (!it.services_ordered || !services_wanted_up_are_up(it)) return {.kind = step_kind::start_services};
  return {};
}

planned_step plan_down(instance const& it, direction where) {
  bool const reachable = it.link == link_view::registered;
  if (reachable && !it.force) {
    if (!it.before_close_done && it.after_connected_done) return {.kind = step_kind::before_close};
    if (any_service_is_up(it) && !it.services_stop_given_up) return {.kind = step_kind::stop_services};
  }
  if (it.link != link_view::down) return {.kind = step_kind::disconnect};

  return next_removal(it, where);
}

constexpr std::array<std::string_view, 5> direction_names{"rest", "up", "down", "gone", "take back"};

}  // namespace

std::string_view name(direction value) { return direction_names.at(static_cast<std::size_t>(value)); }

direction direction_of(instance const& it) {
  if (it.now == phase::deleted) return direction::rest;
  if (it.wanted == goal::deleted) return direction::gone;
  if (it.failed) return it.failed->taking_back ? direction::take_back : direction::rest;
  if (it.wanted == goal::running) return it.bounce ? direction::down : direction::up;
  return direction::down;
}

planned_step plan(instance const& it) {
  auto const where = direction_of(it);
  switch (where) {
    case direction::rest: return {};
    case direction::up: return plan_up(it);
    case direction::down:
    case direction::gone:
    case direction::take_back: return plan_down(it, where);
  }
  return {};
}

bool anything_must_go(instance const& it) {
  auto const where = direction_of(it);
  return std::ranges::any_of(it.resources, [&](resource const& entry) { return must_go(it, entry, where); });
}

}  // namespace ostler::lifecycle

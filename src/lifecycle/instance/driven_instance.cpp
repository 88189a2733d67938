#include "lifecycle/instance/driven_instance.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "base/ensure.hpp"

namespace ostler::lifecycle {
namespace {

constexpr int patience = 1'000;

}  // namespace

instance_spec full_spec() {
  return {.name = "web",
          .provider = "docker",
          .project = "/src/shop",
          .services = {{.name = "server", .port_wanted = true, .port = 3001}},
          .after_connected_hook = true,
          .before_close_hook = true};
}

instance journalled_part(instance const& it) {
  instance kept;
  static_cast<journalled_instance&>(kept) = it;
  for (auto& entry : kept.resources) {
    resource journalled;
    static_cast<journalled_resource&>(journalled) = entry;
    entry = std::move(journalled);
  }
  return kept;
}

driven_instance::driven_instance(instance_spec spec) {
  it.id = instance_id::make(wall, 7, 7);
  it.spec = std::move(spec);
  it.created = it.since = wall;
}

instance_step const& driven_instance::feed(instance_event const& event) {
  static all_admitted const everything;
  take_effect(event);
  last = step(it, event, {{now, wall, ++luck}, rules, quota == nullptr ? everything : *quota});
  it = last.next;
  orders.insert(orders.end(), last.orders.begin(), last.orders.end());
  notices.insert(notices.end(), last.notices.begin(), last.notices.end());
  ledger.insert(ledger.end(), last.ledger.begin(), last.ledger.end());
  return last;
}

// What is said again, or late, has no effect any more.
void driven_instance::take_effect(instance_event const& event) {
  if (!it.doing) return;
  auto const doing = *it.doing;
  auto const entry = std::ranges::find(it.resources, doing.resource, &resource::id);
  if (entry == it.resources.end()) return;
  auto const* made = std::get_if<resource_made>(&event);
  auto const* gone = std::get_if<resource_removed>(&event);
  if (made != nullptr && made->number == doing.number) there.insert(entry->name);
  if (gone != nullptr && gone->number == doing.number) there.erase(entry->name);
}

std::optional<instance_event> driven_instance::good_answer() const {
  if (it.doing) return answer_to(*it.doing);
  if (it.turn_asked) return turn_granted{};
  return std::nullopt;
}

std::optional<instance_event> driven_instance::answer_to(operation const& doing) const {
  auto const number = doing.number;
  switch (doing.step) {
    case step_kind::none: return std::nullopt;
    case step_kind::inspect: return look_without({});
    case step_kind::resolve_project: return project_resolved{number};
    case step_kind::resolve_workspace: return workspace_resolved{number, wishes};
    case step_kind::make:
    case step_kind::launch:
      return resource_made{number, doing.resource, fmt::format("p-{}", it.resources_made)};
    case step_kind::connect: return contact_made{};
    case step_kind::after_connected:
    case step_kind::apply_services:
    case step_kind::before_close: return hook_done{number};
    case step_kind::start_services:
      if (!it.services_ordered) return hook_done{number};
      return report("running", true);
    case step_kind::stop_services: return report("stopped", false);
    case step_kind::disconnect: return contact_closed{};
    case step_kind::stop_keeper:
    case step_kind::remove: return resource_removed{number, doing.resource};
  }
  return std::nullopt;
}

driven_instance& driven_instance::answer() {
  auto const event = good_answer();
  ensure(event.has_value(), "something is waited for");
  feed(*event);
  return *this;
}

driven_instance& driven_instance::wait() {
  ensure(it.wake.has_value(), "the machine wants to be told the time");
  now = std::max(now, *it.wake);
  feed(tick{});
  return *this;
}

driven_instance& driven_instance::until(phase wanted) {
  for (int i = 0; i < patience && it.now != wanted; ++i) good_answer() ? answer() : wait();
  ensure(it.now == wanted, "the phase is reached");
  return *this;
}

driven_instance& driven_instance::settle() {
  for (int i = 0; i < patience && (good_answer() || it.wake); ++i) good_answer() ? answer() : wait();
  ensure(!good_answer() && !it.wake, "what is answered well comes to an end");
  return *this;
}

instance_step const& driven_instance::fail_step(std::string why, bool retryable) {
  return feed(step_failed{newest(), {error_code::provider_failed, std::move(why), {}, {}}, retryable});
}

driven_instance& driven_instance::fail_until(phase wanted) {
  for (int i = 0; i < patience && it.now != wanted; ++i) {
    if (it.doing)
      fail_step("the engine does not answer");
    else
      wait();
  }
  ensure(it.now == wanted, "the phase is reached");
  return *this;
}

inspected driven_instance::look_without(std::string_view missing_kind) const {
  inspected seen{newest(), {}};
  for (auto const& entry : it.resources) {
    bool const present = there.contains(entry.name) && entry.wish.kind != missing_kind;
    seen.sightings.push_back({.resource = entry.id,
                              .seen = present ? presence::present : presence::absent,
                              .provider_id = "p-" + entry.name});
  }
  return seen;
}

driven_instance& driven_instance::crash() {
  it = journalled_part(it);
  return *this;
}

resource const* driven_instance::find(std::string_view kind) const {
  auto const found = std::ranges::find_if(it.resources, [&](auto const& r) { return r.wish.kind == kind; });
  return found == it.resources.end() ? nullptr : &*found;
}

services_reported driven_instance::report(std::string_view state, bool ready) const {
  services_reported told{it.generation, it.services_seq + 1, {}};
  for (auto const& service : it.spec.services)
    told.services.push_back({.name = service.name,
                             .state = std::string(state),
                             .ready = ready,
                             .port = service.port,
                             .error = state == "error" ? "exited (1) before it was ready" : ""});
  return told;
}

}  // namespace ostler::lifecycle

#include "lifecycle/instance/instance.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "lifecycle/instance/events.hpp"

namespace ostler::lifecycle {
namespace {

template <class Enum, std::size_t Size>
std::string_view look_up(std::array<std::string_view, Size> const& names, Enum value) {
  return names.at(static_cast<std::size_t>(value));
}

constexpr std::array<std::string_view, 3> goal_names{"running", "stopped", "deleted"};
constexpr std::array<std::string_view, 4> attention_names{"none", "needs-decision", "review", "idle"};
constexpr std::array<std::string_view, 4> health_names{"healthy", "degraded", "error", "unknown"};
constexpr std::array<std::string_view, 5> link_names{"down", "dialing", "registered", "reconnecting", "lost"};
constexpr std::array<std::string_view, 3> change_names{"intent", "held", "released"};
constexpr std::array<std::string_view, 15> step_names{
    "none",         "inspect",       "resolve project", "resolve workspace", "make",
    "launch",       "connect",       "after-connected", "apply services",    "start services",
    "before-close", "stop services", "disconnect",      "stop keeper",       "remove"};
constexpr std::array<std::string_view, 17> order_names{
    "resolve project",  "resolve workspace", "make",
    "launch",           "inspect",           "run after-connected",
    "run before-close", "apply services",    "start services",
    "stop services",    "stop keeper",       "remove",
    "open link",        "close link",        "cancel",
    "ask turn",         "return turn"};
constexpr std::array<std::string_view, 24> event_names{
    "start asked",      "stop asked",          "restart asked", "delete asked",
    "attention set",    "recovered",           "turn granted",  "tick",
    "project resolved", "workspace resolved",  "resource made", "resource existed",
    "resource removed", "hook done",           "step failed",   "inspected",
    "contact made",     "contact interrupted", "contact lost",  "contact failed",
    "contact closed",   "services reported",   "place doubted", "spec changed"};
static_assert(event_names.size() == std::variant_size_v<instance_event>);

std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

std::uint16_t first_public_port(instance const& it) {
  std::uint16_t first = 0;
  for (auto const& service : it.services) {
    if (service.port == 0 || service.state != "running") continue;
    auto const wanted = std::ranges::find(it.spec.services, service.name, &service_spec::name);
    if (wanted != it.spec.services.end() && wanted->open) return service.port;
    if (first == 0) first = service.port;
  }
  return first;
}

std::string waiting_for_services(instance const& it) {
  std::string names;
  for (auto const& wanted : it.spec.services) {
    auto const view = std::ranges::find(it.services, wanted.name, &service_view::name);
    bool const ready = view != it.services.end() && view->ready;
    if (wanted.required && !ready) names += (names.empty() ? "" : ", ") + wanted.name;
  }
  return names;
}

}  // namespace

std::string_view name(goal value) { return look_up(goal_names, value); }
std::string_view name(attention_kind value) { return look_up(attention_names, value); }
std::string_view name(instance_health value) { return look_up(health_names, value); }
std::string_view name(link_view value) { return look_up(link_names, value); }
std::string_view name(step_kind value) { return look_up(step_names, value); }
std::string_view name(order_kind value) { return look_up(order_names, value); }

bool only_looks(order_kind value) {
  return value == order_kind::resolve_project || value == order_kind::resolve_workspace;
}
std::string_view name(ledger_change_kind value) { return look_up(change_names, value); }
std::string_view name(instance_event const& event) { return event_names.at(event.index()); }

std::string message_of(instance const& it) {
  switch (state_of(it.now)) {
    case instance_state::defined: return "Not started";
    case instance_state::starting: return "Starting...";
    case instance_state::running: {
      auto const port = first_public_port(it);
      return port == 0 ? "Running" : fmt::format("Running :{}", port);
    }
    case instance_state::stopping: return "Stopping...";
    case instance_state::stopped: return "Stopped";
    case instance_state::failed:
      return std::string(first_line(it.failed ? std::string_view(it.failed->why.message) : it.trouble));
    case instance_state::deleted: return "Deleted";
  }
  return {};
}

std::string detail_of(instance const& it, instant now) {
  if (it.now == phase::waiting_for_turn) return "waiting for its turn: other starts are under way";
  if (it.blocked_until) return "waiting until a call that was given up can no longer take effect";
  if (it.retry_at) {
    auto const left = std::chrono::duration_cast<seconds>(*it.retry_at - now);
    return fmt::format("{}; next try in {}", it.trouble,
                       format_duration(std::max<milliseconds>(left, seconds(0))));
  }
  if (!it.doing || !is_transitional(state_of(it.now))) return {};
  auto const elapsed = std::chrono::duration_cast<seconds>(now - it.doing->started);
  if (it.doing->step == step_kind::start_services)
    return fmt::format("waiting for {} ({})", waiting_for_services(it), format_duration(elapsed));
  return fmt::format("{} ({})", facts(it.now).what, format_duration(elapsed));
}

instance_health health_of(instance const& it) {
  auto const state = state_of(it.now);
  if (state == instance_state::failed) return instance_health::error;
  if (state != instance_state::running) return instance_health::unknown;
  if (it.link == link_view::reconnecting) return instance_health::degraded;
  if (it.link != link_view::registered) return instance_health::unknown;
  bool sound = true;
  for (auto const& view : it.services) {
    auto const wanted = std::ranges::find(it.spec.services, view.name, &service_spec::name);
    bool const is_required = wanted != it.spec.services.end() && wanted->required;
    if (view.state == "error" && is_required) return instance_health::error;
    bool const finished = view.state == "stopped" || view.state == "idle";
    sound = sound && (view.ready || finished);
  }
  return sound ? instance_health::healthy : instance_health::degraded;
}

}  // namespace ostler::lifecycle

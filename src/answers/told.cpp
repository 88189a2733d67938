#include "answers/told.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

namespace ostler::answers {
namespace {

// Two enumerations with the same words in the same order: what is inside, and what was promised outside.
template <class Outer, class Inner> Outer as(Inner value) {
  return static_cast<Outer>(static_cast<std::uint8_t>(value));
}
static_assert(static_cast<int>(operations::instance_state::deleted) ==
              static_cast<int>(lifecycle::instance_state::deleted));
static_assert(static_cast<int>(operations::instance_wanted::deleted) ==
              static_cast<int>(lifecycle::goal::deleted));
static_assert(static_cast<int>(operations::instance_health::unknown) ==
              static_cast<int>(lifecycle::instance_health::unknown));
static_assert(static_cast<int>(operations::attention_kind::idle) ==
              static_cast<int>(lifecycle::attention_kind::idle));
static_assert(static_cast<int>(operations::link_state::lost) == static_cast<int>(lifecycle::link_view::lost));

std::optional<std::uint16_t> port_of(lifecycle::service_spec const& spec,
                                     lifecycle::service_view const* view) {
  auto const port = view != nullptr && view->port != 0 ? view->port : spec.port;
  return port == 0 ? std::nullopt : std::optional(port);
}

std::string url_of(std::optional<std::uint16_t> port) {
  return port ? fmt::format("http://127.0.0.1:{}", *port) : std::string();
}

operations::service told(lifecycle::service_spec const& spec, lifecycle::service_view const* view) {
  operations::service out;
  out.name = spec.name;
  out.required = spec.required;
  out.kind = spec.task ? wire::service_kind_told::task : wire::service_kind_told::service;
  out.port = port_of(spec, view);
  out.url = url_of(out.port);
  if (view == nullptr) {
    out.message = "Not started";
    return out;
  }
  out.state = state_of(*view);
  out.ready = view->ready;
  out.message = out.state == operations::service_state::unknown ? "Unknown" : view->message;
  out.run = view->run;
  out.restarts = static_cast<std::uint32_t>(view->restarts);
  if (!view->error.empty() && view->error != view->message) out.detail = view->error;
  if (out.detail.empty() && !view->exited_how.empty() && view->exited_run == view->run)
    out.detail = view->exited_how;
  return out;
}

}  // namespace

lifecycle::service_view const* view_of(lifecycle::instance const& it, std::string_view service) {
  auto const found = std::ranges::find(it.services, service, &lifecycle::service_view::name);
  return found == it.services.end() ? nullptr : &*found;
}

lifecycle::service_spec const* spec_of(lifecycle::instance const& it, std::string_view service) {
  auto const found = std::ranges::find(it.spec.services, service, &lifecycle::service_spec::name);
  return found == it.spec.services.end() ? nullptr : &*found;
}

operations::service_state state_of(lifecycle::service_view const& view) {
  using enum operations::service_state;
  constexpr std::array<std::pair<std::string_view, operations::service_state>, 6> words{
      {{"idle", idle},
       {"starting", starting},
       {"running", running},
       {"stopping", stopping},
       {"stopped", stopped},
       {"error", error}}};
  auto const* const found = std::ranges::find(words, view.state, &decltype(words)::value_type::first);
  return found == words.end() ? unknown : found->second;
}

bool is_ready(lifecycle::service_view const& view, lifecycle::service_spec const& spec) {
  return view.ready || (spec.task && view.state == "stopped");
}

bool is_ready(lifecycle::instance const& it) {
  if (lifecycle::state_of(it.now) != lifecycle::instance_state::running) return false;
  // Its keeper may still have what it was before.
  if (it.keeper_spec_version != it.spec_version) return false;
  return std::ranges::all_of(it.spec.services, [&](auto const& spec) {
    auto const* view = view_of(it, spec.name);
    return !spec.required || (view != nullptr && is_ready(*view, spec));
  });
}

namespace {

std::string first_url(lifecycle::instance const& it) {
  std::string first;
  for (auto const& spec : it.spec.services) {
    auto const url = url_of(port_of(spec, view_of(it, spec.name)));
    if (spec.open && !url.empty()) return url;
    if (first.empty()) first = url;
  }
  return first;
}

}  // namespace

std::vector<operations::service> services_of(lifecycle::instance const& it) {
  std::vector<operations::service> out;
  out.reserve(it.spec.services.size());
  for (auto const& spec : it.spec.services) out.push_back(told(spec, view_of(it, spec.name)));
  return out;
}

void enrich(operations::service& out, wire::service_status const& status) {
  out.run = status.run;
  out.pid = status.pid;
  out.says = status.says;
  out.last_exit = status.last_exit;
  if (!status.detail.empty()) out.detail = status.detail;
  if (status.error)
    out.error = operations::error_told{.code = status.error->code,
                                       .name = status.error->name,
                                       .message = status.error->message,
                                       .detail = status.error->detail,
                                       .hints = status.error->hints,
                                       .instance = {},
                                       .service = out.name};
}

namespace {

// A keeper that is older than limits of the whole does not know of them.
constexpr std::string_view limits_feature = "limits";

std::vector<std::string> warnings_of_limits(operations::instance const& of, wire::limits_spec const& wanted,
                                            wire::keeper_status const& status) {
  std::vector<std::string> out;
  bool const any = wanted.memory_bytes > 0 || wanted.cpu_milli > 0 || wanted.pids > 0;
  auto const& features = status.keeper.features;
  if (any && std::ranges::find(features, limits_feature) == features.end())
    out.push_back(
        fmt::format("the limits of the whole do not hold: the keeper of {0} is older than they are; "
                    "`ostler restart {0}` starts a newer one",
                    of.name));
  for (auto const& each : status.limits)
    if (!each.full)
      out.push_back(fmt::format("the limit of {} for the whole does not hold: {}", each.what, each.how));
  // "memory: rlimit"
  for (auto const& service : status.services)
    for (auto const& each : service.limits)
      if (each.find("cgroup") == std::string::npos)
        out.push_back(fmt::format("service {} is not held to a limit by a cgroup: {}", service.name, each));
  return out;
}

}  // namespace

void enrich(operations::instance& out, wire::limits_spec const& wanted, wire::keeper_status const& status) {
  for (auto& each : out.services) {
    auto const found = std::ranges::find(status.services, each.name, &wire::service_status::name);
    if (found != status.services.end()) enrich(each, *found);
  }
  // What it is to have is not what its keeper tells of yet.
  if (out.changing) return;
  out.limits = status.limits;
  out.warnings = warnings_of_limits(out, wanted, status);
}

operations::instance told(lifecycle::instance const& it, told_at const& at) {
  operations::instance out;
  out.id = it.id;
  out.name = it.spec.name;
  out.project = it.spec.project;
  out.provider = it.spec.provider;
  out.state = as<operations::instance_state>(lifecycle::state_of(it.now));
  out.phase = lifecycle::name(it.now);
  out.message = lifecycle::message_of(it);
  out.detail = lifecycle::detail_of(it, at.now);
  out.health = as<operations::instance_health>(lifecycle::health_of(it));
  out.attention = {.kind = as<operations::attention_kind>(it.needs.kind), .text = it.needs.text, .since = {}};
  if (it.needs.kind != lifecycle::attention_kind::none) out.attention.since = it.needs.since;
  out.link = {.state = as<operations::link_state>(it.link),
              .attempt = static_cast<std::uint32_t>(std::max(it.link_attempt, 0)),
              .attempts_max = static_cast<std::uint32_t>(std::max(at.reconnect_attempts, 0))};
  out.generation = it.generation;
  bool const has_keeper = std::ranges::any_of(it.resources, &lifecycle::resource::is_keeper);
  out.changing = has_keeper && it.keeper_spec_version != it.spec_version;
  out.services = services_of(it);
  out.url = first_url(it);
  out.created = it.created;
  out.wanted = as<operations::instance_wanted>(it.wanted);
  out.actor = it.actor;
  if (it.failed) out.error = operations::told(it.failed->why, it.spec.name);
  return out;
}

operations::instance told_deleted(lifecycle::instance it, told_at const& at) {
  it.now = lifecycle::phase::deleted;
  it.doing.reset();
  it.retry_at.reset();
  it.blocked_until.reset();
  it.link = lifecycle::link_view::down;
  return told(it, at);
}

operations::service_map map_of(lifecycle::instance const& it, wall_time wall) {
  operations::service_map out;
  out.timestamp = wall;
  for (auto const& spec : it.spec.services) {
    auto const* view = view_of(it, spec.name);
    operations::service_brief brief;
    brief.port = port_of(spec, view);
    if (view != nullptr) {
      brief.state = state_of(*view);
      brief.running = brief.state == operations::service_state::running && view->ready;
      if (!view->error.empty()) brief.error = view->error;
    }
    out.services.push_back({.name = spec.name, .brief = std::move(brief)});
  }
  return out;
}

operations::event told(lifecycle::fleet_event const& happened) {
  return {.seq = happened.seq,
          .time = happened.time,
          .instance = happened.instance,
          .subject = happened.subject,
          .type = happened.type,
          .actor = happened.actor,
          .from = happened.from,
          .to = happened.to,
          .message = happened.message,
          .reason = happened.reason};
}

operations::resource told(lifecycle::instance const& owner, lifecycle::resource const& entry,
                          told_at const& at) {
  operations::resource out;
  out.id = entry.id;
  out.instance = owner.id.text();
  out.provider = owner.spec.provider;
  out.kind = entry.wish.kind;
  out.name = entry.name;
  out.provider_id = entry.provider_id;
  out.state = entry.held ? operations::resource_state::held : operations::resource_state::intended;
  out.generation = entry.generation;
  out.amount = entry.wish.amount;
  if (entry.removal_failures > 0) {
    out.state = operations::resource_state::residue;
    out.message = entry.removal_error;
    if (owner.retry_at)
      out.next_attempt = at.wall + std::chrono::duration_cast<milliseconds>(*owner.retry_at - at.now);
  }
  return out;
}

operations::leak told(lifecycle::leak const& found) {
  return {.provider = found.provider,
          .kind = found.thing.kind,
          .name = found.thing.name,
          .provider_id = found.thing.provider_id,
          .seen_first = found.seen_first_wall};
}

}  // namespace ostler::answers

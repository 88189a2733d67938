#include "supervisor/keeper_report.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "lifecycle/service/service.hpp"

namespace ostler::supervisor {

using lifecycle::service_view;

std::string text(wire::exit_told const& told) {
  lifecycle::exit_status status{.value = told.value};
  if (told.how == wire::ended::code) status.what = lifecycle::exit_status::kind::code;
  if (told.how == wire::ended::signal) status.what = lifecycle::exit_status::kind::signal;
  return fmt::format("{}{}", lifecycle::text(status), told.oom ? ", out of memory" : "");
}

keeper_report::keeper_report(std::uint32_t generation, std::vector<service_view> known)
    : generation_(generation), views_(std::move(known)) {}

std::optional<lifecycle::services_reported> keeper_report::hear(wire::keeper_event const& told) {
  if (through_ && told.seq <= *through_) return std::nullopt;
  heard_ = told.seq;
  if (told.fact == "events.dropped") gap_ = true;
  if (told.service.empty()) return std::nullopt;
  if (told.fact == "service.removed") {
    std::erase_if(views_, [&](service_view const& view) { return view.name == told.service; });
    return report(told.seq);
  }
  auto& view = view_of(told.service);
  if (!take(view, told)) return std::nullopt;
  return report(told.seq);
}

std::optional<lifecycle::services_reported> keeper_report::hear(wire::keeper_status const& told) {
  if (told.seq < heard_) return std::nullopt;
  gap_ = false;
  through_ = told.seq;
  for (auto const& each : told.services) {
    auto& view = view_of(each.name);
    view.state = each.state;
    view.ready = each.ready;
    view.port = each.port;
    view.message = each.message;
    view.error = each.error ? each.error->message : std::string();
    view.restarting = view.restarting && each.state == "starting";
    view.run = each.run;
    if (!each.last_exit) continue;
    // It says how the newest that has ended did, which is this run when it has no process.
    view.exited_run =
        std::max(view.exited_run, each.pid == 0 ? each.run : each.run - std::min<std::uint64_t>(each.run, 1));
    view.exited_how = text(*each.last_exit);
  }
  std::erase_if(views_, [&](service_view const& view) {
    return std::ranges::find(told.services, view.name, &wire::service_status::name) == told.services.end();
  });
  return report(told.seq);
}

// Says whether anything of it concerns the fleet.
bool keeper_report::take(service_view& view, wire::keeper_event const& told) {
  auto const is = [&](std::string_view fact) { return told.fact == fact; };
  if (is("process.spawned")) {
    view.run = told.run;
    return false;
  }
  if (is("process.exited")) {
    if (told.run <= view.exited_run || !told.exit) return false;
    view.exited_run = told.run;
    view.exited_how = text(*told.exit);
    return true;
  }
  if (!told.fact.starts_with("service.") || is("service.wanted") || is("service.unwanted") ||
      is("service.outdated") || is("service.renewed"))
    return false;
  view.port = told.port;
  if (is("service.ready") || is("service.not_ready")) {
    view.ready = is("service.ready");
    view.error = view.ready ? std::string() : told.message;
    return true;
  }
  auto const state = told.fact.substr(std::string_view("service.").size());
  view.restarting = state == "restarting";
  if (view.restarting) ++view.restarts;
  view.state = view.restarting ? "starting" : state;
  view.ready = false;
  view.message = view.restarting ? "Starting..." : told.message;
  view.error = view.restarting || state == "error" ? told.message : std::string();
  return true;
}

service_view& keeper_report::view_of(std::string const& service) {
  auto const found = std::ranges::find(views_, service, &service_view::name);
  if (found != views_.end()) return *found;
  return views_.emplace_back(service_view{.name = service});
}

lifecycle::services_reported keeper_report::report(std::uint64_t seq) const {
  return {.generation = generation_, .seq = seq, .services = views_};
}

}  // namespace ostler::supervisor

#include "traces/span_maker.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

namespace ostler::traces {
namespace {

using lifecycle::fleet_event;
using lifecycle::instance;
using lifecycle::instance_state;

std::optional<instance_state> state_of(std::string_view phase) {
  auto const all = lifecycle::all_phases();
  auto const found = std::ranges::find(all, phase, &lifecycle::phase_facts::name);
  if (found == all.end()) return std::nullopt;
  return found->state;
}

// The wall's clock may have been set back meanwhile.
span ended(span one, wall_time when) {
  one.end = std::max(one.start, when);
  return one;
}

void fail_with(span& one, std::string const& why) {
  one.status = span_status::failed;
  one.message = why;
}

std::string const& why_failed(fleet_event const& what, instance const* after) {
  if (after != nullptr && after->failed && !after->failed->why.message.empty())
    return after->failed->why.message;
  return what.reason.empty() ? what.message : what.reason;
}

}  // namespace

std::vector<span> span_maker::heard(fleet_event const& what, instance const* after) {
  std::vector<span> out;
  if (what.type.starts_with("service.")) {
    auto const which = ways_.find(what.instance);
    if (which != ways_.end()) service_changed(out, which->second, what);
    return out;
  }
  if (what.type.starts_with("instance.") && !what.to.empty()) moved(out, what, after);
  return out;
}

void span_maker::moved(std::vector<span>& out, fleet_event const& what, instance const* after) {
  auto const state = state_of(what.to);
  if (!state) return;
  auto which = ways_.find(what.instance);
  bool const failed = *state == instance_state::failed || (after != nullptr && after->failed);
  if (which != ways_.end()) {
    auto& one = which->second;
    auto phase = ended(std::move(one.phase), what.time);
    // The phase in which it failed, not those in which it is taken back.
    if (failed && one.root.status != span_status::failed) {
      auto const& why = why_failed(what, after);
      if (after != nullptr && after->failed) one.error_code = facts(after->failed->why.code).name;
      fail_with(phase, why);
      fail_with(one.root, why);
    }
    out.push_back(std::move(phase));
  }
  if (!lifecycle::is_transitional(*state)) {
    if (which != ways_.end()) end_way(out, which, what, lifecycle::name(*state));
    return;
  }
  auto const to = *state == instance_state::starting ? direction::up : direction::down;
  if (which != ways_.end() && which->second.to != to) {
    auto& one = which->second;
    if (one.to == direction::up && failed) one.taking_back = true;
    if (!one.taking_back || to == direction::up) {
      end_way(out, which, what, one.taking_back ? "failed" : lifecycle::name(*state));
      which = ways_.end();
    }
  }
  if (which == ways_.end()) which = begin_way(what, after, to);
  begin_phase(which->second, what);
}

span_maker::ways::iterator span_maker::begin_way(fleet_event const& what, instance const* after,
                                                 direction to) {
  auto& one = ways_[what.instance];
  one = {};
  one.to = to;
  one.root.trace = digits() + digits();
  one.root.id = digits();
  one.root.name = to == direction::up ? "instance up" : "instance down";
  one.root.start = what.time;
  one.root.attributes.emplace_back("ostler.instance.id", what.instance.text());
  if (after != nullptr) {
    one.root.attributes.emplace_back("ostler.instance.name", after->spec.name);
    one.root.attributes.emplace_back("ostler.provider", after->spec.provider);
    one.root.attributes.emplace_back("ostler.wanted", lifecycle::name(after->wanted));
  }
  if (!what.actor.empty()) one.root.attributes.emplace_back("ostler.actor", what.actor);
  // Otherwise the event that begins a way would be that of another state.
  if (what.type == "instance.phase") one.root.attributes.emplace_back("ostler.continued", "true");
  return ways_.find(what.instance);
}

void span_maker::begin_phase(way& one, fleet_event const& what) {
  one.phase = child_of(one, what.to, what.time);
  one.phase.attributes.emplace_back("ostler.phase", what.to);
  if (!what.reason.empty()) one.phase.attributes.emplace_back("ostler.reason", what.reason);
}

void span_maker::end_way(std::vector<span>& out, ways::iterator which, fleet_event const& what,
                         std::string_view result) {
  auto one = std::move(which->second);
  ways_.erase(which);
  for (auto& [name, each] : one.services) {
    each.attributes.emplace_back("ostler.result", "unfinished");
    out.push_back(ended(std::move(each), what.time));
  }
  one.root.attributes.emplace_back("ostler.result", result);
  if (!one.error_code.empty()) one.root.attributes.emplace_back("error.type", one.error_code);
  out.push_back(ended(std::move(one.root), what.time));
}

void span_maker::service_changed(std::vector<span>& out, way& one, fleet_event const& what) {
  bool const starts = what.type == "service.starting";
  bool const stops = what.type == "service.stopping";
  bool const ends =
      what.type == "service.ready" || what.type == "service.stopped" || what.type == "service.error";
  if (!starts && !stops && !ends) return;
  // A service that begins anew before it was ready has one span for each time.
  if (auto const open = one.services.find(what.subject); open != one.services.end()) {
    auto done = ended(std::move(open->second), what.time);
    one.services.erase(open);
    done.attributes.emplace_back("ostler.result", what.to == "running" ? "ready" : what.to);
    if (what.type == "service.error") fail_with(done, what.reason.empty() ? what.message : what.reason);
    out.push_back(std::move(done));
  }
  if (ends) return;
  auto begun = child_of(one, starts ? "service start" : "service stop", what.time);
  begun.attributes.emplace_back("ostler.service", what.subject);
  one.services.emplace(what.subject, std::move(begun));
}

span span_maker::child_of(way const& one, std::string name, wall_time start) {
  span out;
  out.trace = one.root.trace;
  out.id = digits();
  out.parent = one.root.id;
  out.name = std::move(name);
  out.start = start;
  // Whoever looks for slow phases wants to know of what, without the root.
  for (auto const& [key, value] : one.root.attributes)
    if (key == "ostler.instance.id" || key == "ostler.instance.name" || key == "ostler.provider")
      out.attributes.emplace_back(key, value);
  return out;
}

std::string span_maker::digits() { return fmt::format("{:016x}", chance_.bits()); }

}  // namespace ostler::traces

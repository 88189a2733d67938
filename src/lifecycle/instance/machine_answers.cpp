#include <fmt/format.h>

#include "base/ensure.hpp"
#include "base/planted_fault.hpp"
#include "lifecycle/instance/machine.hpp"
#include "lifecycle/instance/step_facts.hpp"

namespace ostler::lifecycle {

bool machine::answers(operation_number number, step_kind step) {
  if (planted(fault::stale_answer_taken)) number = it_.doing ? it_.doing->number : number;
  if (it_.doing && it_.doing->number == number && it_.doing->step == step) return true;
  ignore("stale answer");
  return false;
}

void machine::on(project_resolved const& e) {
  if (!answers(e.number, step_kind::resolve_project)) return;
  it_.doing.reset();
  it_.project_resolved = true;
  out_.changed = true;
}

void machine::on(workspace_resolved const& e) {
  if (!answers(e.number, step_kind::resolve_workspace)) return;
  it_.doing.reset();
  if (e.wishes.size() > static_cast<std::size_t>(rules_.resources_max))
    return fail_start({error_code::provider_refused,
                       fmt::format("the provider wants {} resources for {}; allowed: at most {}",
                                   e.wishes.size(), it_.spec.name, rules_.resources_max),
                       {},
                       {}},
                      phase::start_failed);
  it_.wishes = e.wishes;
  it_.workspace_resolved = true;
  out_.changed = true;
}

void machine::on(resource_made const& e) {
  auto* entry = find(e.resource);
  if (entry == nullptr) return ignore("late answer for a released resource");
  bool const awaited = end_operation(e.number, is_heavy);
  settle(*entry, e.number);
  entry->seen = presence::present;
  if (entry->held) return awaited ? void() : ignore("held already");
  hold(*entry, e.provider_id);
}

void machine::on(resource_existed const& e) {
  if (!end_operation(e.number, is_heavy)) return ignore("stale answer");
  auto* entry = find(e.resource);
  if (entry == nullptr) return ignore("answer for a released resource");
  if (planted(fault::existing_believed)) return hold(*entry, "as told");
  // Providers say so of things that are being removed, or are somebody else's. What is there is looked at
  // next.
  entry->said_to_exist = true;
  entry->seen = presence::unknown;
}

void machine::on(resource_removed const& e) {
  auto* entry = find(e.resource);
  if (entry == nullptr) return ignore("released already");
  if (!entry->removal_ordered) return ignore("its removal was not ordered");
  bool const awaited = end_operation(e.number, is_removal);
  settle(*entry, e.number);
  // Another call is at work on it or may still bring it back; it is removed once more when that is over.
  bool const at_work = it_.doing && it_.doing->resource == e.resource;
  if (unsettled(*entry) || at_work) return;
  release(*entry, "removed");
  // It came late, and was the last that anybody waited for.
  if (!awaited && !anything_must_go(it_)) it_.retry_at.reset();
}

void machine::on(hook_done const& e) {
  if (!it_.doing || it_.doing->number != e.number) return ignore("stale answer");
  switch (it_.doing->step) {
    case step_kind::after_connected:
      it_.doing.reset();
      it_.after_connected_done = true;
      out_.changed = true;
      return;
    case step_kind::before_close:
      it_.doing.reset();
      it_.before_close_done = true;
      out_.changed = true;
      return;
    case step_kind::apply_services:
      it_.doing.reset();
      it_.keeper_spec_version = it_.spec_version;
      it_.trouble.clear();
      tell({.type = "instance.applied", .message = message_of(it_)});
      return;
    case step_kind::start_services:
      it_.services_ordered = true;
      if (it_.now == phase::running) it_.doing.reset();
      return settle_services();
    case step_kind::stop_services: return settle_services();
    case step_kind::none:
    case step_kind::inspect:
    case step_kind::resolve_project:
    case step_kind::resolve_workspace:
    case step_kind::make:
    case step_kind::launch:
    case step_kind::connect:
    case step_kind::disconnect:
    case step_kind::stop_keeper:
    case step_kind::remove: return ignore("no hook is under way");
  }
}

void machine::on(step_failed const& e) {
  if (it_.doing && it_.doing->number == e.number) {
    auto const ended = *it_.doing;
    it_.doing.reset();
    return failed_step(ended.step, ended.resource, e.why, e.retryable);
  }
  for (auto& entry : it_.resources)
    if (settle(entry, e.number)) return;
  ignore("stale answer");
}

void machine::on(inspected const& e) {
  if (!answers(e.number, step_kind::inspect)) return;
  it_.doing.reset();
  bool unknown = false;
  std::optional<resource> missing;
  std::optional<resource> liar;
  for (auto const& sighting : e.sightings) {
    auto* entry = find(sighting.resource);
    if (entry == nullptr) continue;
    if (sighting.seen == presence::unknown) {
      unknown = true;
      continue;
    }
    if (sighting.seen == presence::present && !sighting.ours) return found_foreign(*entry);
    // Seen by other means since the provider was asked: its look is older than what we know.
    if (sighting.seen == presence::absent && entry->seen != presence::unknown) continue;
    entry->seen = sighting.seen;
    if (sighting.seen == presence::present) {
      if (!entry->held) hold(*entry, sighting.provider_id);
      continue;
    }
    // A keeper that was launched, as its place says, and is not there, has died.
    bool const was_there = entry->held || (entry->is_keeper() && entry->said_to_exist);
    if (!was_there && std::exchange(entry->said_to_exist, false)) liar = *entry;
    if (!was_there || entry->dead) continue;
    if (unsettled(*entry)) return look_again_when_settled(*entry);
    if (!missing || !entry->is_keeper()) missing = *entry;
  }
  if (unknown)
    return failed_step(step_kind::inspect, {},
                       {error_code::provider_unavailable, "the provider could not say what is there", {}, {}},
                       true);
  it_.inspect_attempts = 0;
  if (missing) return lost_resource(*missing);
  // Saying it again and again ends like any other failure.
  if (liar)
    count_failure({error_code::provider_failed,
                   fmt::format("{} is said to exist already, but cannot be found", liar->name),
                   {},
                   {}},
                  true);
}

// A call that was given up has ended after all: nothing of it can come any more.
bool machine::settle(resource& entry, operation_number number) {
  if (!entry.settling || entry.unsettled_call != number) return false;
  entry.settling.reset();
  return true;
}

bool machine::unsettled(resource& entry) {
  if (planted(fault::released_before_settled)) return false;
  if (entry.settling && entry.settling->passed(at_.now)) {
    entry.settling.reset();
    // Not worth a transaction of its own: at worst it is waited for once more.
    entry.call_in_the_air = false;
  }
  return entry.settling.has_value();
}

void machine::look_again_when_settled(resource& entry) {
  entry.seen = presence::unknown;
  tell_trouble(fmt::format("{} may still come into being", entry.name));
  it_.retry_at = entry.settling->wake();
}

void machine::found_foreign(resource const& entry) {
  fail_start({error_code::foreign_resource,
              fmt::format("{} {} exists but bears no label of ours", entry.wish.kind, entry.name),
              {},
              {}},
             phase::start_failed);
}

void machine::lost_resource(resource const& missing) {
  auto* entry = find(missing.id);
  ensure(entry != nullptr, "what is missing was in the ledger");
  if (missing.is_keeper()) return lost_keeper(*entry);
  release(*entry, "found missing");
  fail_start({error_code::instance_lost,
              fmt::format("{} {} of {} is gone and we did not remove it", missing.wish.kind, missing.name,
                          it_.spec.name),
              {},
              {}},
             phase::lost);
}

// The keeper is dead, and what it held may live: the entry stays until a new keeper has taken over, or until
// all of it was stopped.
void machine::lost_keeper(resource& entry) {
  entry.dead = true;
  out_.changed = true;
  keeper_is_gone("unknown");
  if (it_.now != phase::running)
    return count_failure(
        {error_code::link_failed, fmt::format("the keeper of {} is gone", it_.spec.name), {}, {}}, true);
  auto const limit = restart_intensity_of(rules_);
  if (!it_.relaunches.admit(limit, at_.now))
    fail_start({error_code::restarts_exhausted,
                fmt::format("the keeper of {} died more than {} times in {}", it_.spec.name,
                            limit.restarts_max, format_duration(limit.window)),
                {},
                {}},
               phase::start_failed);
}

void machine::on(contact_made const& e) {
  if (it_.link == link_view::down) return ignore("no connection is wanted");
  it_.link = link_view::registered;
  it_.link_attempt = 0;
  it_.services_ordered = false;
  if (it_.doing && it_.doing->step == step_kind::connect) it_.doing.reset();
  tell({.type = e.again ? "link.reconnected" : "link.registered", .message = message_of(it_)});
  if (!e.again && it_.now != phase::running && direction_of(it_) == direction::up)
    tell({.type = "instance.connected", .message = message_of(it_)});
}

void machine::on(contact_interrupted const& e) {
  if (it_.link == link_view::down) return ignore("no connection is wanted");
  // A dead keeper ends its link too; who looks need not wait until all attempts have failed. With each of
  // them again: who dies hangs up before he is gone, and may still have been seen.
  doubt_everything();
  it_.link = link_view::reconnecting;
  it_.link_attempt = e.attempt;
  tell({.type = "link.reconnecting",
        .message = fmt::format("reconnecting {}/{}", e.attempt, rules_.reconnect_attempts)});
}

void machine::on(contact_lost const&) {
  if (it_.link == link_view::down) return ignore("no connection is wanted");
  it_.link = link_view::lost;
  if (planted(fault::lost_contact_is_stopped) && it_.now == phase::running) {
    it_.wanted = goal::stopped;
    return enter(phase::stopped, "contact is lost");
  }
  tell({.type = "link.reconnect_failed", .message = "contact is lost"});
  doubt_everything();
  if (it_.doing && it_.doing->step == step_kind::connect) {
    it_.doing.reset();
    count_failure({error_code::link_lost, fmt::format("contact with {} is lost", it_.spec.name), {}, {}},
                  true);
  }
}

void machine::on(contact_failed const& e) {
  it_.link = link_view::down;
  if (!it_.doing || it_.doing->step != step_kind::connect) return ignore("no connection is being made");
  it_.doing.reset();
  // The keeper may be dead: look before dialing again.
  doubt_everything();
  failed_step(step_kind::connect, {}, e.why, true);
}

void machine::on(contact_closed const&) {
  it_.link = link_view::down;
  it_.link_attempt = 0;
  if (it_.doing && it_.doing->step == step_kind::disconnect) it_.doing.reset();
}

void machine::on(services_reported const& e) {
  if (!has_keeper() || e.generation != it_.generation) return ignore("a report of another keeper");
  if (e.seq < it_.services_seq) return ignore("an older report");
  // What a keeper answers when it is asked may know more of the same moment than what it told: it tells of
  // changes, and of none that it had no room to keep.
  if (e.seq == it_.services_seq && e.services == it_.services) return ignore("heard already");
  it_.services_seq = e.seq;
  tell_of_the_gone(e.services);
  for (auto const& view : e.services) tell_of_service(view);
  it_.services = e.services;
  out_.changed = true;
  settle_services();
}

void machine::on(place_doubted const& e) {
  if (it_.resources.empty()) return ignore("there is no place");
  if (direction_of(it_) != direction::up) return ignore("not on the way up");
  it_.trouble = e.why;
  out_.changed = true;
  doubt_everything();
}

// Every end names a reason.
std::string machine::reason_of(service_view const& view) const {
  if (!view.error.empty() || (view.state != "stopped" && view.state != "unknown")) return view.error;
  if (view.state == "unknown") return "its keeper died";
  return view.ready ? "it is done" : fmt::format("asked by {}", it_.actor);
}

void machine::tell_of_service(service_view const& view) {
  auto const before = std::ranges::find(it_.services, view.name, &service_view::name);
  bool const was_known = before != it_.services.end();
  // The end of a process comes before what follows from it.
  if (view.exited_run > (was_known ? before->exited_run : 0))
    tell({.type = "service.exited",
          .subject = view.name,
          .from = was_known ? before->state : "idle",
          .to = view.state,
          .message = view.exited_how,
          .reason = {}});
  if (!was_known && view.state == "idle") return;
  if (was_known && before->stands_as(view)) return;
  std::string_view type = "service.stopped";
  if (view.state == "starting") type = view.restarting ? "service.restarting" : "service.starting";
  if (view.state == "unknown") type = "service.not_ready";
  if (view.state == "running") {
    bool const was_ready = was_known && before->ready;
    type = view.ready ? "service.ready" : was_ready ? "service.not_ready" : "service.running";
  }
  if (view.state == "stopping") type = "service.stopping";
  if (view.state == "error") type = "service.error";
  tell({.type = type,
        .subject = view.name,
        .from = was_known ? before->state : "idle",
        .to = view.state,
        .message = view.message,
        .reason = reason_of(view)});
}

// Nothing is left of a service that the spec no longer has and the keeper does not tell of.
void machine::tell_of_the_gone(std::vector<service_view> const& views) {
  for (auto const& known : std::vector(it_.services)) {
    if (std::ranges::find(it_.spec.services, known.name, &service_spec::name) != it_.spec.services.end() ||
        std::ranges::find(views, known.name, &service_view::name) != views.end())
      continue;
    tell({.type = "service.removed", .subject = known.name, .from = known.state, .message = "Removed"});
    std::erase_if(it_.services, [&](service_view const& view) { return view.name == known.name; });
  }
}

void machine::settle_services() {
  if (!it_.doing) return;
  if (it_.doing->step == step_kind::stop_services) {
    if (std::ranges::none_of(it_.services, &service_view::is_up)) it_.doing.reset();
    return;
  }
  if (it_.doing->step != step_kind::start_services || !it_.services_ordered) return;
  auto const refused = std::ranges::find_if(it_.services, [&](service_view const& view) {
    auto const wanted = std::ranges::find(it_.spec.services, view.name, &service_spec::name);
    return view.state == "error" && wanted != it_.spec.services.end() && wanted->required;
  });
  if (refused != it_.services.end()) {
    it_.doing.reset();
    return fail_start({error_code::not_ready_in_time,
                       fmt::format("{} is not ready: {}", it_.spec.name, refused->error),
                       {},
                       {}},
                      phase::start_failed);
  }
  auto probe = plan(it_);
  if (probe.kind != step_kind::start_services) it_.doing.reset();
}

}  // namespace ostler::lifecycle

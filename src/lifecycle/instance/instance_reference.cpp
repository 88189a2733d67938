#include "lifecycle/instance/instance_reference.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace ostler::lifecycle {
namespace {

driven_instance fresh() { return driven_instance(); }

driven_instance starting(phase where) {
  auto one = fresh();
  one.feed(start_asked{"user"});
  return one.until(where);
}

driven_instance services_being_started() {
  auto one = starting(phase::connected);
  while (one.it.doing->step != step_kind::start_services) one.answer();
  return one.answer();
}

driven_instance stopping(phase where) {
  auto one = starting(phase::running);
  one.feed(stop_asked{"user"});
  return one.until(where);
}

driven_instance deleting(phase where) {
  auto one = starting(phase::running);
  one.feed(delete_asked{"user"});
  return one.until(where);
}

driven_instance looking() {
  auto one = stopping(phase::stopped);
  one.feed(start_asked{"user"});
  return one;
}

driven_instance cancelling() {
  auto one = starting(phase::preparing);
  one.feed(stop_asked{"user"});
  return one;
}

driven_instance start_failed() {
  auto one = starting(phase::preparing);
  one.answer();
  one.fail_step("the engine has no such image", false);
  return one.until(phase::start_failed);
}

driven_instance start_failed_and_kept() {
  auto spec = full_spec();
  spec.keep_on_error = true;
  driven_instance one(spec);
  one.feed(start_asked{"user"});
  one.until(phase::launching);
  one.fail_step("the engine has no such image", false);
  return one;
}

driven_instance lost() {
  auto one = starting(phase::running);
  one.feed(place_doubted{"the engine told of a removal"});
  one.feed(one.look_without("directory"));
  return one.until(phase::lost);
}

// Another service beside the one there is.
instance_spec changed_spec() {
  auto spec = full_spec();
  spec.services.push_back({.name = "worker"});
  return spec;
}

driven_instance link_is(instance_event const& event) {
  auto one = starting(phase::running);
  one.feed(event);
  return one;
}

// A limit is looked at several times before its end, and a waiting machine is told the time until it has
// something to say; the reference tells of the end.
instance_step probe(driven_instance const& from, instance_event_sample const& event) {
  auto one = from;
  if (event.when_due) one.now = one.it.wake.value_or(one.now);
  auto done = one.feed(event.event);
  for (int i = 0; event.when_due && i < 10 && one.it.wake && done.orders.empty() && done.notices.empty();
       ++i) {
    one.now = *one.it.wake;
    done = one.feed(tick{});
  }
  return done;
}

std::string does_of(instance_step const& done) {
  if (done.refused) return fmt::format("refused: {}", done.refused->message);
  std::string does;
  auto const add = [&](std::string const& word) { does += (does.empty() ? "" : ", ") + word; };
  for (auto const& change : done.ledger) add(fmt::format("{} {}", name(change.kind), change.entry.wish.kind));
  for (auto const& given : done.orders) {
    bool const about_one = given.resources.size() == 1 && given.kind != order_kind::inspect;
    add(fmt::format("**{}{}{}{}**", name(given.kind), about_one ? " " : "",
                    about_one && !given.resources.front().kind.empty() ? given.resources.front().kind : "",
                    given.force ? " (force)" : ""));
  }
  for (auto const& told : done.notices) add(std::string(told.type));
  if (!done.ignored.empty())
    return fmt::format("ignored: {}{}{}", done.ignored, does.empty() ? "" : "; ", does);
  return does.empty() ? "noted" : does;
}

}  // namespace

std::vector<instance_sample> instance_samples() {
  return {{"defined", fresh()},
          {"waiting-for-turn", starting(phase::waiting_for_turn)},
          {"looking", looking()},
          {"resolving-project", starting(phase::resolving_project)},
          {"resolving-workspace", starting(phase::resolving_workspace)},
          {"preparing", starting(phase::preparing)},
          {"launching", starting(phase::launching)},
          {"connecting", starting(phase::connecting)},
          {"connected, hook", starting(phase::connected)},
          {"connected, services", services_being_started()},
          {"running", starting(phase::running)},
          {"running, changed", link_is(spec_changed{"user", changed_spec()})},
          {"running, reconnecting", link_is(contact_interrupted{1})},
          {"running, lost contact", link_is(contact_lost{})},
          {"cancelling", cancelling()},
          {"before-close", stopping(phase::before_close)},
          {"stopping-services", stopping(phase::stopping_services)},
          {"disconnecting", stopping(phase::disconnecting)},
          {"stopping-keeper", stopping(phase::stopping_keeper)},
          {"tearing-down", stopping(phase::tearing_down)},
          {"tearing-down, deleting", deleting(phase::tearing_down)},
          {"stopped", stopping(phase::stopped)},
          {"start-failed", start_failed()},
          {"start-failed, kept", start_failed_and_kept()},
          {"lost", lost()},
          {"stop-failed", stopping(phase::tearing_down).fail_until(phase::stop_failed)},
          {"delete-failed", deleting(phase::tearing_down).fail_until(phase::delete_failed)},
          {"deleted", deleting(phase::deleted)}};
}

std::vector<instance_event_sample> instance_event_samples(driven_instance const& state) {
  auto const number = state.newest();
  resource_id which;
  if (state.it.doing && state.it.doing->resource != resource_id{})
    which = state.it.doing->resource;
  else if (!state.it.resources.empty())
    which = state.it.resources.back().id;
  error const why{error_code::provider_failed, "no answer", {}, {}};
  return {{"start asked", start_asked{"user"}},
          {"stop asked", stop_asked{"user"}},
          {"stop asked, force", stop_asked{"user", true}},
          {"restart asked", restart_asked{"user"}},
          {"delete asked", delete_asked{"user"}},
          {"delete asked, force", delete_asked{"user", true}},
          {"attention set", attention_set{attention_kind::review, "look at it"}},
          {"recovered", recovered{}},
          {"turn granted", turn_granted{}},
          {"tick, due", tick{}, true},
          {"tick, early", tick{}},
          {"project resolved", project_resolved{number}},
          {"workspace resolved", workspace_resolved{number, state.wishes}},
          {"resource made", resource_made{number, which, "p-1"}},
          {"resource existed", resource_existed{number, which}},
          {"resource removed", resource_removed{number, which}},
          {"hook done", hook_done{number}},
          {"step failed", step_failed{number, why}},
          {"step failed for good", step_failed{number, why, false}},
          {"inspected, all is there", state.look_without({})},
          {"inspected, the keeper is gone", state.look_without(keeper_kind)},
          {"inspected, the place is gone", state.look_without("directory")},
          {"contact made", contact_made{}},
          {"contact interrupted", contact_interrupted{2}},
          {"contact lost", contact_lost{}},
          {"contact failed", contact_failed{{error_code::link_failed, "connection refused", {}, {}}}},
          {"contact closed", contact_closed{}},
          {"services reported, ready", state.report("running", true)},
          {"services reported, in error", state.report("error", false)},
          {"services reported, stopped", state.report("stopped", false)},
          {"place doubted", place_doubted{"somebody says so"}},
          {"spec changed", spec_changed{"user", changed_spec()}}};
}

instance_outcome instance_probe(instance_sample const& from, instance_event_sample const& event) {
  auto const done = probe(from.state, event);
  return {.to = std::string(name(done.next.now)), .does = does_of(done)};
}

std::vector<instance_row> instance_rows() {
  std::vector<instance_row> rows;
  for (auto const& from : instance_samples()) {
    auto const first = rows.size();
    for (auto const& event : instance_event_samples(from.state)) {
      auto outcome = instance_probe(from, event);
      auto const same = std::find_if(rows.begin() + static_cast<std::ptrdiff_t>(first), rows.end(),
                                     [&](instance_row const& row) { return row.outcome == outcome; });
      if (same == rows.end())
        rows.push_back({std::string(from.name), std::string(event.name), std::move(outcome)});
      else
        same->events += fmt::format("; {}", event.name);
    }
  }
  return rows;
}

std::string instance_reference() {
  std::string out = "| state | phase | what | message |\n| --- | --- | --- | --- |\n";
  auto const samples = instance_samples();
  for (auto const& each : all_phases()) {
    auto const sample = std::ranges::find(samples, each.value, [](auto const& s) { return s.state.it.now; });
    out += fmt::format("| {} | {} | {} | `{}` |\n", name(each.state), each.name, each.what,
                       message_of(sample->state.it));
  }
  out += "\n| from | events | to | does |\n| --- | --- | --- | --- |\n";
  for (auto const& row : instance_rows())
    out += fmt::format("| {} | {} | {} | {} |\n", row.from, row.events, row.outcome.to, row.outcome.does);
  return out;
}

}  // namespace ostler::lifecycle

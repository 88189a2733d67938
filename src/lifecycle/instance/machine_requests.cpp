#include <fmt/format.h>

#include "base/planted_fault.hpp"
#include "lifecycle/instance/machine.hpp"
#include "lifecycle/instance/step_facts.hpp"

namespace ostler::lifecycle {

void machine::on(start_asked const& e) {
  if (it_.now == phase::deleted || it_.wanted == goal::deleted) {
    if (!planted(fault::refusal_forgotten)) return refuse("start");
  }
  if (it_.wanted == goal::running && !it_.failed) return ignore("already wanted running");
  bool const from_rest = !is_transitional(state_of(it_.now)) && it_.now != phase::running;
  it_.wanted = goal::running;
  it_.bounce = false;
  begin_way_up(e.actor, from_rest);
}

void machine::on(stop_asked const& e) {
  if (it_.now == phase::deleted || it_.wanted == goal::deleted) return refuse("stop");
  bool const forces_more = e.force && !it_.force;
  if (it_.wanted == goal::stopped && !it_.failed && it_.now != phase::stop_failed && !forces_more)
    return ignore("already wanted stopped");
  if (planted(fault::stop_during_start_lost) && state_of(it_.now) == instance_state::starting) return;
  it_.wanted = goal::stopped;
  it_.bounce = false;
  begin_way_down(e.actor, e.force);
}

void machine::on(restart_asked const& e) {
  if (it_.now == phase::deleted || it_.wanted == goal::deleted) return refuse("restart");
  bool const at_rest =
      direction_of(it_) == direction::down && plan(it_).kind == step_kind::none && !it_.doing;
  it_.wanted = goal::running;
  if (at_rest || it_.failed) return begin_way_up(e.actor, true);
  it_.bounce = true;
  begin_way_down(e.actor, false);
}

void machine::on(delete_asked const& e) {
  if (it_.now == phase::deleted) return refuse("delete");
  bool const forces_more = e.force && !it_.force;
  if (it_.wanted == goal::deleted && it_.now != phase::delete_failed && !forces_more)
    return ignore("already being deleted");
  it_.wanted = goal::deleted;
  it_.bounce = false;
  begin_way_down(e.actor, e.force);
}

void machine::on(attention_set const& e) {
  if (it_.needs.kind == e.kind && it_.needs.text == e.text) return ignore("attention as before");
  notice told{.type = "attention.changed",
              .from = std::string(name(it_.needs.kind)),
              .to = std::string(name(e.kind)),
              .message = e.text};
  it_.needs = {e.kind, e.text, at_.wall};
  tell(std::move(told));
}

// A keeper that runs is brought to it by the next step of the way up; any other finds it when it is launched.
void machine::on(spec_changed const& e) {
  if (it_.now == phase::deleted || it_.wanted == goal::deleted) return refuse("change what it is made of");
  if (e.spec == it_.spec) return ignore("it is so already");
  it_.spec = e.spec;
  tell({.type = "instance.changed",
        .message = message_of(it_),
        .reason = fmt::format("asked by {}", e.actor)});
  ++it_.spec_version;
  if (!has_keeper()) tell_of_the_gone({});
  // What was ordered is of the former spec; it is planned anew from this one.
  if (!it_.doing) return;
  if (it_.doing->step == step_kind::start_services) it_.services_ordered = false;
  if (it_.doing->step == step_kind::start_services || it_.doing->step == step_kind::apply_services) cancel();
}

void machine::begin_way_up(std::string const& actor, bool from_rest) {
  out_.changed = true;
  it_.actor = actor;
  it_.failed.reset();
  it_.force = false;
  it_.polite.reset();
  it_.retry_at.reset();
  it_.attempts = 0;
  it_.inspect_attempts = 0;
  it_.trouble.clear();
  it_.relaunches.clear();
  it_.removal_rounds_long = 0;
  forget_removal_failures();
  if (from_rest) {
    ++it_.start_number;
    it_.project_resolved = false;
    it_.workspace_resolved = false;
    it_.after_connected_done = false;
    doubt_everything();
  }
  // What the before-close hook undid, all or half of it, the after-connected hook has to do again.
  bool const closing = it_.doing && it_.doing->step == step_kind::before_close;
  if (it_.before_close_done || closing) it_.after_connected_done = false;
  it_.before_close_done = false;
  it_.services_ordered = false;
  turn_round();
}

void machine::begin_way_down(std::string const& actor, bool force) {
  out_.changed = true;
  it_.actor = actor;
  it_.failed.reset();
  it_.force = it_.force || force;
  it_.retry_at.reset();
  it_.removal_rounds_long = 0;
  forget_removal_failures();
  head_down();
}

// The polite part of every way down has one limit for all of it.
void machine::head_down() {
  it_.services_stop_given_up = false;
  if (!it_.polite && !planted(fault::clean_up_never_forced))
    it_.polite = awake_limit(rules_.cleanup_limit, at_.now);
  if (it_.force) it_.polite.reset();
  turn_round();
}

// What is under way belongs to the other direction, or is too polite: end it, or let it finish in
// `cancelling`.
void machine::turn_round() {
  if (!it_.doing) return;
  auto const step = it_.doing->step;
  bool const upward = is_upward(step);
  bool const goes_up = direction_of(it_) == direction::up;
  if (upward == goes_up && !(it_.force && is_polite(step))) {
    if (it_.now == phase::cancelling && goes_up) enter(phase_of(step), {});
    return;
  }
  if (is_cancellable(step)) return cancel();
  if (!goes_up && upward) enter(phase::cancelling, {});
}

void machine::on(recovered const&) {
  it_.doing.reset();
  it_.link = link_view::down;
  it_.link_attempt = 0;
  it_.turn = it_.turn_asked = false;
  it_.services_ordered = it_.services_stop_given_up = false;
  it_.attempts = it_.inspect_attempts = 0;
  it_.retry_at.reset();
  it_.polite.reset();
  it_.relaunches.clear();
  forget_removal_failures();
  for (auto& entry : it_.resources) {
    entry.seen = presence::unknown;
    // An order given before the crash may still be on its way to the provider.
    if (!entry.held || entry.call_in_the_air) entry.settling = awake_limit(rules_.settle_limit, at_.now);
  }
  auto const where = direction_of(it_);
  if (where == direction::down || where == direction::gone || where == direction::take_back)
    it_.polite = awake_limit(rules_.cleanup_limit, at_.now);
  if (planted(fault::start_twice_after_crash))
    std::erase_if(it_.resources, [](resource const& entry) { return entry.is_keeper() && entry.held; });
}

void machine::on(turn_granted const&) {
  if (!it_.turn_asked) return ignore("no turn asked for");
  it_.turn_asked = false;
  it_.turn = true;
}

void machine::on(tick const&) {
  bool due = false;
  if (it_.polite && it_.polite->passed(at_.now)) {
    insist();
    due = true;
    if (it_.doing && is_polite(it_.doing->step)) cancel();
  }
  if (it_.doing && it_.doing->limit.passed(at_.now)) {
    due = true;
    time_out();
  }
  if (it_.retry_at && at_.now >= *it_.retry_at) {
    it_.retry_at.reset();
    due = true;
  }
  if (it_.blocked_until && at_.now >= *it_.blocked_until) due = true;
  if (!due) ignore("nothing is due");
}

void machine::time_out() {
  auto const ended = *it_.doing;
  if (auto* entry = find(ended.resource); entry != nullptr && is_heavy(ended.step)) {
    // With two calls in the air, the end of one says nothing about the other.
    entry->unsettled_call = unsettled(*entry) ? 0 : ended.number;
    entry->settling = awake_limit(rules_.settle_limit, at_.now);
  }
  cancel();
  failed_step(ended.step, ended.resource,
              error{error_code::timed_out,
                    fmt::format("{} of {} did not end within {}", name(ended.step), it_.spec.name,
                                format_duration(limit_of(ended.step, it_, rules_))),
                    {},
                    {}},
              true);
}

}  // namespace ostler::lifecycle

#include <fmt/format.h>

#include "base/ensure.hpp"
#include "base/planted_fault.hpp"
#include "lifecycle/instance/machine.hpp"
#include "lifecycle/instance/step_facts.hpp"

namespace ostler::lifecycle {

namespace {

resource_reference refer_to(resource const& entry) {
  return {entry.id, entry.wish.kind, entry.wish.label, entry.name, entry.provider_id, entry.generation};
}

}  // namespace

void machine::advance() {
  while (!it_.doing && !waiting()) {
    auto const next = plan(it_);
    if (next.kind == step_kind::none) {
      if (!arrive()) return;
      continue;
    }
    if (!begin(next)) return;
  }
}

// The way in this direction is at its end. True when there is another one to go.
bool machine::arrive() {
  auto const where = direction_of(it_);
  switch (where) {
    case direction::rest: return false;
    case direction::up:
      if (anything_must_go(it_)) return try_removal_again();
      // Reconnecting is nothing to wait for in `starting`: the link step does that.
      if (it_.now != phase::running) {
        it_.attempts = 0;
        it_.trouble.clear();
        // From now on there may be work in it, and no failure of a later start takes it back.
        for (auto& entry : it_.resources) entry.start_number = 0;
        enter(phase::running, {});
      }
      return false;
    case direction::down:
    case direction::gone:
    case direction::take_back: break;
  }
  if (anything_must_go(it_)) return try_removal_again();
  it_.retry_at.reset();
  it_.force = false;
  it_.polite.reset();
  it_.removal_rounds_long = 0;
  if (where == direction::gone) {
    ensure(it_.resources.empty(), "a deleted instance has released everything");
    enter(phase::deleted, fmt::format("asked by {}", it_.actor));
    return false;
  }
  if (where == direction::take_back) {
    it_.failed->taking_back = false;
    enter(it_.failed->ending, it_.failed->why.message);
    return false;
  }
  if (it_.bounce) {
    it_.bounce = false;
    begin_way_up(std::string(it_.actor), true);
    return true;
  }
  if (it_.now != phase::defined) enter(phase::stopped, fmt::format("asked by {}", it_.actor));
  return false;
}

bool machine::try_removal_again() {
  if (auto const wait = start_retries_of(rules_).wait_before(it_.removal_round + 1)) {
    ++it_.removal_round;
    it_.retry_at = at_.now + *wait;
  } else {
    give_up_removal();
  }
  return false;
}

void machine::give_up_removal() {
  std::string residue;
  for (auto const& entry : it_.resources) {
    if (entry.removal_failures == 0) continue;
    tell({.type = "resource.residue", .subject = entry.name, .message = entry.removal_error});
    residue += fmt::format("{}{} {}: {}", residue.empty() ? "" : "; ", entry.wish.kind, entry.name,
                           entry.removal_error);
  }
  ++it_.removal_rounds_long;
  it_.retry_at = at_.now + delay(remove_backoff_of(rules_), it_.removal_rounds_long, luck(4));
  insist();
  for (auto& entry : it_.resources) entry.removal_failures = 0;
  it_.removal_round = 0;
  tell_trouble(residue);
  if (direction_of(it_) == direction::up) return fail_for_leftovers(residue);
  if (it_.wanted == goal::deleted) return enter(phase::delete_failed, residue);
  if (it_.failed) return enter(it_.failed->ending, it_.failed->why.message + "; left behind: " + residue);
  enter(phase::stop_failed, residue);
}

// The start is over; the removal goes on in the background, like that of a stop that failed.
void machine::fail_for_leftovers(std::string_view residue) {
  auto const next_try = it_.retry_at;
  fail_start({error_code::stop_incomplete,
              fmt::format("what was left of an earlier run cannot be removed: {}", residue),
              {},
              {}},
             phase::start_failed);
  if (it_.failed->taking_back) it_.retry_at = next_try;
  enter(phase::start_failed, it_.failed->why.message);
}

// Starts the planned step; false when it has to wait.
bool machine::begin(planned_step const& next) {
  bool const heavy = is_heavy(next.kind);
  if (heavy && !it_.turn) return wait_for_turn();
  bool const removes = is_removal(next.kind);
  if (!settled(next, removes)) {
    enter_for(next.kind);
    return false;
  }

  std::size_t index = next.resource;
  if (heavy && !next.known) {
    auto const added = add_resource(next);
    if (!added) {
      fail_start(added.error(), phase::start_failed);
      return true;
    }
    index = *added;
  }
  it_.doing = operation{.step = next.kind,
                        .number = ++it_.operations,
                        .resource = heavy || removes ? it_.resources[index].id : resource_id{},
                        .started = at_.now,
                        .limit = awake_limit(limit_of(next.kind, it_, rules_), at_.now)};
  // What an earlier start only meant to make is made by this one, and goes with it.
  if (heavy && next.known &&
      std::exchange(it_.resources[index].start_number, it_.start_number) != it_.start_number)
    out_.changed = true;
  if (planted(fault::deadline_never_armed)) it_.doing->limit = awake_limit(duration_max, at_.now);
  if (removes && !std::exchange(it_.resources[index].removal_ordered, true)) out_.changed = true;
  enter_for(next.kind);
  give_order(next.kind, index);
  return true;
}

// A failed instance that is being cleaned up by itself in the background stays failed to those who look,
// and a running one that is being found again stays running.
void machine::enter_for(step_kind step) {
  bool const quiet = state_of(it_.now) == instance_state::failed && it_.removal_rounds_long > 0;
  bool const adopting =
      it_.now == phase::running && (step == step_kind::inspect || step == step_kind::connect ||
                                    step == step_kind::apply_services || step == step_kind::start_services);
  if (!quiet && !adopting) enter(phase_of(step), {});
}

bool machine::wait_for_turn() {
  if (!std::exchange(it_.turn_asked, true)) out_.orders.push_back({.kind = order_kind::ask_turn});
  enter(phase::waiting_for_turn, {});
  return false;
}

// Whether calls that were given up earlier can no longer disturb this step; sets the time to try again if
// not.
bool machine::settled(planned_step const& next, bool removes) {
  if (!removes) return true;
  auto& entry = it_.resources[next.resource];
  if (!unsettled(entry)) return true;
  it_.blocked_until = entry.settling->wake();
  return false;
}

void machine::give_order(step_kind step, std::size_t index) {
  order given{.kind = order_kind::inspect, .number = it_.doing->number, .force = it_.force};
  switch (step) {
    case step_kind::inspect:
      for (auto const& entry : it_.resources) given.resources.push_back(refer_to(entry));
      break;
    case step_kind::resolve_project: given.kind = order_kind::resolve_project; break;
    case step_kind::resolve_workspace: given.kind = order_kind::resolve_workspace; break;
    case step_kind::make: given.kind = order_kind::make; break;
    case step_kind::launch: given.kind = order_kind::launch; break;
    case step_kind::connect:
      given.kind = order_kind::open_link;
      if (it_.link != link_view::reconnecting) it_.link = link_view::dialing;
      break;
    case step_kind::after_connected:
      if (!it_.spec.after_connected_hook) return skip_hook(it_.after_connected_done);
      given.kind = order_kind::run_after_connected;
      break;
    case step_kind::before_close:
      if (!it_.spec.before_close_hook) return skip_hook(it_.before_close_done);
      given.kind = order_kind::run_before_close;
      break;
    case step_kind::apply_services: given.kind = order_kind::apply_services; break;
    case step_kind::start_services: given.kind = order_kind::start_services; break;
    case step_kind::stop_services: given.kind = order_kind::stop_services; break;
    case step_kind::disconnect: given.kind = order_kind::close_link; break;
    case step_kind::stop_keeper: given.kind = order_kind::stop_keeper; break;
    case step_kind::remove: given.kind = order_kind::remove; break;
    case step_kind::none: ensure(false, "nothing is not ordered"); break;
  }
  bool const about_one = it_.doing->resource != resource_id{};
  if (about_one) given.resources.push_back(refer_to(it_.resources[index]));
  out_.orders.push_back(std::move(given));
}

void machine::skip_hook(bool& done) {
  done = true;
  it_.doing.reset();
  out_.changed = true;
}

void machine::failed_step(step_kind step, resource_id which, error const& why, bool retryable) {
  tell_trouble(why.message);
  switch (step) {
    case step_kind::before_close:
      it_.before_close_done = true;  // It is a courtesy; a failed one does not keep the instance up.
      out_.changed = true;
      return;
    case step_kind::stop_services: it_.services_stop_given_up = true; return;
    case step_kind::disconnect: it_.link = link_view::down; return;
    case step_kind::stop_keeper:
    case step_kind::remove: return failed_removal(which, why);
    case step_kind::inspect:
    case step_kind::connect:
      // A running instance that cannot be reached is unknown, not dead: it is asked again for ever.
      if (it_.now == phase::running) return ask_again_later();
      return count_failure(why, retryable);
    case step_kind::none:
    case step_kind::resolve_project:
    case step_kind::resolve_workspace:
    case step_kind::make:
    case step_kind::launch:
    case step_kind::after_connected:
    case step_kind::apply_services:
    case step_kind::start_services:
      if (direction_of(it_) != direction::up) return;  // Nobody waits for it any more.
      if (it_.now == phase::running) return ask_again_later();
      return count_failure(why, retryable);
  }
}

void machine::ask_again_later() {
  ++it_.inspect_attempts;
  it_.retry_at = at_.now + delay(inspect_backoff_of(rules_), it_.inspect_attempts, luck(1));
  doubt_everything();
}

void machine::count_failure(error const& why, bool retryable) {
  if (direction_of(it_) != direction::up) return;
  ++it_.attempts;
  tell_trouble(why.message);
  auto const wait = start_retries_of(rules_).wait_before(it_.attempts);
  if (!retryable || !wait) return fail_start(why, phase::start_failed);
  it_.retry_at = at_.now + *wait;
}

void machine::fail_start(error why, phase ending) {
  if (it_.doing && is_cancellable(it_.doing->step)) cancel();
  out_.changed = true;
  bool keep = it_.spec.keep_on_error && ending == phase::start_failed;
  keep = keep || planted(fault::failed_start_keeps_all);
  it_.failed = failure{std::move(why), ending, !keep};
  it_.retry_at.reset();
  forget_removal_failures();
  if (keep) return enter(ending, it_.failed->why.message);
  head_down();
}

void machine::failed_removal(resource_id which, error const& why) {
  auto* entry = find(which);
  if (entry == nullptr) return;
  entry->removal_failures = it_.removal_round + 1;
  entry->removal_error = why.message;
  entry->seen = presence::unknown;
  insist();
}

}  // namespace ostler::lifecycle

#include "lifecycle/service/service.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "base/ensure.hpp"
#include "base/planted_fault.hpp"

namespace ostler::lifecycle {
namespace {

// One step of one service. The handlers of events come first, then the moves they share; only enter() sets
// the phase.
class stepper {
 public:
  stepper(service&& before, service_rules const& rules, moment const& when) : rules_(rules), when_(when) {
    out_.next = std::move(before);
  }

  void on(want_up const&) {
    bool const resting = state(now()) == service_state::idle || state(now()) == service_state::stopped ||
                         state(now()) == service_state::error;
    if (now().wanted_up && !resting && !now().error_after_stop) return ignore("already wanted up");
    now().wanted_up = true;
    now().restarts.clear();
    if (resting) return start();
    // On the way down: the tree must be gone first, and then it starts again.
    now().error_after_stop = false;
    now().retry_at = when_.now;
  }

  void on(want_down const&) {
    bool const was_wanted = now().wanted_up;
    if (planted(fault::stop_during_start_ignored) && has_process() && now().phase != service_phase::running)
      return ignore("starting");
    now().wanted_up = false;
    switch (now().phase) {
      case service_phase::idle:
      case service_phase::stopped:
        // A task that is done is wanted still.
        if (!was_wanted) ignore("already down");
        return;
      case service_phase::stopping:
      case service_phase::killing:
        now().error_after_stop = false;
        if (!was_wanted) ignore("already stopping");
        return;
      case service_phase::spawning:
      case service_phase::awaiting_ready:
      case service_phase::running: return ask_to_stop();
      case service_phase::waiting_for_needs:
      case service_phase::backing_off:
      case service_phase::error: break;
    }
    now().trouble.reset();
    if (now().tree == tree_state::empty) return rest();
    // It is being cleared away already; a new wish is a reason to try at once.
    enter(service_phase::killing);
    tell(service_fact::stopping);
    now().clear_tries = 0;
    clear();
  }

  void on(hurry const& event) {
    if (now().phase != service_phase::stopping) return ignore("not stopping");
    now().limit = awake_limit(event.grace, when_.now);
  }

  void on(needs_changed const& event) {
    if (event.all_ready == now().needs_ready && event.waiting_for == now().waiting_for &&
        event.given_up == now().needs_given_up)
      return ignore("nothing new");
    now().needs_ready = event.all_ready;
    now().needs_given_up = event.given_up && !event.all_ready;
    now().waiting_for = event.all_ready ? std::string() : event.waiting_for;
    if (now().phase == service_phase::waiting_for_needs || now().phase == service_phase::backing_off) go_on();
    if (now().phase == service_phase::error && now().error_for_needs && now().needs_ready && now().wanted_up)
      start();
  }

  void on(spawned const& event) {
    if (event.process.generation != now().process.generation) return ignore("stale process");
    if (now().exit || generation() == 0) return ignore("its end is known already");
    if (now().process.pid != 0) return ignore("already spawned");
    now().process = event.process;
    // It came and went before we heard of it, and of its end nobody told.
    if (now().tree == tree_state::empty) return record({.what = exit_status::kind::unknown});
    now().readiness.begin(event.process);
    if (now().phase == service_phase::stopping) return order(send_stop_signal{generation()});
    // It was born too late: nobody waits for it any more.
    if (now().phase != service_phase::spawning) return order(kill_tree{generation()});
    enter(service_phase::awaiting_ready);
    if (now().readiness.ready()) become_running();
  }

  void on(spawn_failed const& event) {
    if (event.generation != generation()) return ignore("stale process");
    if (now().tree == tree_state::empty) return ignore("its end is known already");
    if (now().process.pid != 0) return ignore("already spawned");
    bool const awaited = now().phase == service_phase::spawning;
    tree_is_empty();
    if (!awaited) return after_clearing();
    give_up(
        make(error_code::spawn_failed, fmt::format("{} could not be started: {}", rules_.name, event.why)));
  }

  void on(exited const& event) { ended(event.process, event.status); }

  void on(sign_observed const& event) {
    if (now().phase != service_phase::awaiting_ready && now().phase != service_phase::running)
      return ignore("no process to be ready");
    switch (now().readiness.observe(event.seen)) {
      case sign_verdict::stale: return ignore("stale process");
      case sign_verdict::unchanged: return ignore("nothing new");
      case sign_verdict::changed: break;
      case sign_verdict::foreign: return stranger(event.seen);
    }
    readiness_changed();
  }

  void on(status_told const& event) {
    if (!of_ours(event.process)) return ignore("stale process");
    now().status = event.status;
  }

  void on(liveness_checked const& event) {
    if (!of_ours(event.process)) return ignore("stale process");
    if (now().phase != service_phase::running) return ignore("not running");
    now().liveness_failed = event.alive ? 0 : now().liveness_failed + 1;
    if (now().liveness_failed < rules_.liveness_failures) return;
    auto trouble = make(
        error_code::not_ready_in_time,
        fmt::format("{} stopped answering{}", rules_.name,
                    now().liveness_failed == 1 ? std::string()
                                               : fmt::format(" ({} times in a row)", now().liveness_failed)));
    bool const again = rules_.restart != restart_policy::never && restart_admitted(trouble);
    now().trouble = std::move(trouble);
    now().error_after_stop = !again;
    if (again) tell(service_fact::restarting, now().trouble->message);
    ask_to_stop();
  }

  void on(tree_checked const& event) {
    if (event.generation != generation()) return ignore("stale process");
    if (now().tree == tree_state::empty) return ignore("already empty");
    bool const killed = clearing();
    if (!killed && !(now().phase == service_phase::stopping && now().exit))
      return ignore("the main process has not ended");
    now().remaining = event.remaining;
    if (!event.remaining.empty()) return;
    // The exit may still be on its way; one more look later it is called unknown, but never guessed. A
    // process that was never told to have been spawned has no end to record.
    if (!now().exit) {
      if (!std::exchange(now().seen_empty, true)) return;
      if (now().process.pid != 0) record({.what = exit_status::kind::unknown});
    }
    tree_is_empty();
    after_clearing();
  }

  void on(adopted const& event) {
    if (now().phase != service_phase::idle) return ignore("not idle");
    if (event.process.generation <= generation()) return ignore("stale process");
    now().wanted_up = true;
    new_process(event.process);
    enter(service_phase::awaiting_ready);
    if (event.was_ready)
      now().readiness.begin_ready(event.process);
    else
      now().readiness.begin(event.process);
    if (now().readiness.ready()) return become_running();
    tell(service_fact::starting);
  }

  void on(found_gone const& event) {
    if (now().phase != service_phase::idle) return ended(event.process, event.status);
    if (event.process.generation <= generation()) return ignore("stale process");
    new_process(event.process);
    record(event.status);
    // The main process is gone, but nobody looked after its children.
    now().tree = tree_state::leftovers;
    now().wanted_up = event.wanted;
    if (event.wanted) return ended_unasked(!event.was_ready);
    enter(service_phase::killing);
    tell(service_fact::stopping);
    clear();
  }

  void on(restored const& event) {
    if (now().phase != service_phase::idle) return ignore("not idle");
    if (event.generation < generation()) return ignore("stale process");
    now().process = {.generation = event.generation, .pid = 0};
    now().wanted_up = event.wanted;
    now().done = event.done;
    if (event.trouble) return give_up(*event.trouble);
    if (event.wanted && !event.done) return start();
    rest();
  }

  void on(tick const&) {
    if (!now().wake) return ignore("nothing is awaited");
    if (when_.now < *now().wake) return ignore("not due yet");
    if (clearing()) return clear();
    if (now().phase == service_phase::stopping) return look_or_kill();
    if (now().phase == service_phase::backing_off) return go_on();
    ensure(has_process(), "whoever else asks for a tick waits for a process to be ready");
    if (now().limit.passed(when_.now)) give_up(not_ready());
  }

  service_step finish() {
    now().wake = due();
    return std::move(out_);
  }

 private:
  service& now() { return out_.next; }
  std::uint64_t generation() { return now().process.generation; }
  void ignore(std::string_view why) { out_.ignored = why; }
  void order(service_command command) { out_.commands.push_back(command); }
  void tell(service_fact fact) { tell(fact, message(now(), rules_)); }
  void tell(service_fact fact, std::string text) { out_.notices.push_back({fact, std::move(text)}); }
  static error make(error_code code, std::string text) {
    return {.code = code, .message = std::move(text), .detail = {}, .hints = {}};
  }

  bool has_process() {
    return now().phase == service_phase::spawning || now().phase == service_phase::awaiting_ready ||
           now().phase == service_phase::running;
  }
  bool of_ours(process_key process) {
    return now().tree == tree_state::alive && process.pid != 0 && process == now().process;
  }
  // Is what is left being killed and looked at, whatever else we wait for?
  bool clearing() {
    return now().tree != tree_state::empty && !has_process() && now().phase != service_phase::stopping;
  }

  void enter(service_phase phase) {
    now().phase = phase;
    now().since = when_.now;
  }

  // The way up.

  void start() {
    now().done = false;
    now().error_for_needs = false;
    now().trouble.reset();
    now().retry_at = when_.now;
    enter(service_phase::backing_off);
    tell(service_fact::starting);
    go_on();
  }

  // Wants to spawn; waits for whatever is still in the way.
  void go_on() {
    auto const wanted = now().needs_ready ? service_phase::backing_off : service_phase::waiting_for_needs;
    if (now().phase != wanted) enter(wanted);
    if (now().tree != tree_state::empty) return;
    if (now().needs_given_up) {
      now().error_for_needs = true;
      return give_up({error_code::not_ready_in_time,
                      fmt::format("{} needs {}, which is in error", rules_.name, now().waiting_for),
                      {},
                      {}});
    }
    if (!now().needs_ready || when_.now < now().retry_at) return;
    new_process({.generation = generation() + 1, .pid = 0});
    enter(service_phase::spawning);
    order(spawn{generation()});
  }

  void new_process(process_key process) {
    now().process = process;
    now().tree = tree_state::alive;
    now().exit.reset();
    now().seen_empty = false;
    now().clear_tries = 0;
    now().remaining.clear();
    now().liveness_failed = 0;
    now().status.clear();
    now().error_after_stop = false;
    now().readiness = lifecycle::readiness(rules_.ready);
    now().limit = awake_limit(rules_.start_limit, when_.now);
  }

  void become_running() {
    enter(service_phase::running);
    now().trouble.reset();
    now().ready = true;
    tell(service_fact::running);
    // A task is of use to others when it is done, not while it runs.
    if (rules_.kind == work_kind::service) tell(service_fact::ready);
  }

  void readiness_changed() {
    bool const ready = now().readiness.ready();
    if (now().phase == service_phase::awaiting_ready) {
      if (ready) become_running();
      return;
    }
    if (ready == std::exchange(now().ready, ready)) return;
    if (ready) now().trouble.reset();
    tell(ready ? service_fact::ready : service_fact::not_ready,
         ready ? message(now(), rules_) : detail(now(), rules_, when_.now));
  }

  void stranger(sign_seen const& seen) {
    auto trouble = foreign_answer(rules_.name, rules_.port, seen.sign, seen.process.pid);
    if (now().phase == service_phase::awaiting_ready) return give_up(std::move(trouble));
    // Ours runs on, but whoever asks now gets the stranger's answer.
    now().readiness.observe({.sign = seen.sign, .holds = false, .process = now().process});
    now().trouble = std::move(trouble);
    readiness_changed();
  }

  // The ends.

  // The main process ended, asked or not.
  void ended(process_key process, exit_status status) {
    bool const other_pid = now().process.pid != 0 && process.pid != now().process.pid;
    if (process.generation != generation() || generation() == 0 || other_pid) return ignore("stale process");
    if (now().exit) return ignore("its end is known already");
    if (now().tree == tree_state::empty) {
      // It was killed before we heard that it was spawned. Its end belongs on record even so.
      now().process = process;
      return record(status);
    }
    bool const before_ready = now().phase != service_phase::running;
    bool const unasked = has_process();
    now().process = process;
    record(status);
    now().tree = tree_state::leftovers;
    now().ready = false;
    if (unasked) return ended_unasked(before_ready);
    if (now().phase == service_phase::stopping && planted(fault::stopped_before_tree_is_empty)) {
      tree_is_empty();
      return after_clearing();
    }
    order(check_tree{generation()});
    if (now().phase == service_phase::stopping) now().clear_at = next_look();
  }

  void ended_unasked(bool before_ready) {
    auto const status = *now().exit;
    if (rules_.kind == work_kind::task && status.success()) {
      now().done = true;
      enter(service_phase::killing);
      tell(service_fact::stopping);
      return clear();
    }
    auto trouble =
        make(error_code::exited_before_ready,
             fmt::format("{} {}{}", rules_.name, text(status), before_ready ? " before it was ready" : ""));
    if (!restarts(status, before_ready)) {
      if (!before_ready) trouble.code = error_code::restarts_exhausted;
      return give_up(std::move(trouble));
    }
    if (!restart_admitted(trouble)) return give_up(std::move(trouble));
    now().trouble = std::move(trouble);
    enter(now().needs_ready ? service_phase::backing_off : service_phase::waiting_for_needs);
    clear();
    tell(service_fact::restarting, fmt::format("{}: {}", detail_of_restart(), now().trouble->message));
  }

  bool restarts(exit_status status, bool before_ready) {
    switch (rules_.restart) {
      case restart_policy::always: return true;
      case restart_policy::on_failure: return before_ready || !status.success();
      case restart_policy::never: break;
    }
    return false;
  }

  // Counts the restart and says when; or makes the trouble say that there were too many.
  bool restart_admitted(error& trouble) {
    if (now().restarts.admit(rules_.restarts, when_.now)) {
      auto const count = now().restarts.recent(rules_.restarts, when_.now);
      now().retry_at = when_.now + delay(rules_.restart_wait, count, when_.luck);
      return true;
    }
    trouble.code = error_code::restarts_exhausted;
    trouble.message += fmt::format("; it was restarted {} times within {}", rules_.restarts.restarts_max,
                                   format_duration(rules_.restarts.window));
    return false;
  }

  std::string detail_of_restart() {
    return fmt::format("restarting {}/{}, next in {}", now().restarts.recent(rules_.restarts, when_.now),
                       rules_.restarts.restarts_max,
                       format_duration(std::chrono::ceil<seconds>(now().retry_at - when_.now)));
  }

  error not_ready() {
    auto const limit = format_duration(rules_.start_limit);
    if (now().phase == service_phase::spawning)
      return make(error_code::not_ready_in_time,
                  fmt::format("{} did not start within {}", rules_.name, limit));
    return make(
        error_code::not_ready_in_time,
        fmt::format("{} is not ready after {}: {} {} missing", rules_.name, limit,
                    now().readiness.missing_text(), now().readiness.missing().size() == 1 ? "is" : "are"));
  }

  void give_up(error trouble) {
    now().trouble = std::move(trouble);
    now().ready = false;
    enter(service_phase::error);
    tell(service_fact::error);
    if (now().tree != tree_state::empty) clear();
  }

  // The way down.

  void ask_to_stop() {
    now().ready = false;
    now().limit = awake_limit(rules_.stop_grace, when_.now);
    enter(service_phase::stopping);
    order(send_stop_signal{generation()});
    tell(service_fact::stopping);
  }

  void look_or_kill() {
    if (now().limit.passed(when_.now)) {
      enter(service_phase::killing);
      now().clear_tries = 0;
      return clear();
    }
    if (!now().exit || when_.now < now().clear_at) return;
    order(check_tree{generation()});
    now().clear_at = next_look();
  }

  void clear() {
    now().tree = tree_state::leftovers;
    order(kill_tree{generation()});
    order(check_tree{generation()});
    now().clear_at = next_look();
  }

  instant next_look() {
    ++now().clear_tries;
    // Looking again at once would only be work.
    return when_.now + std::max(delay(rules_.tree_check, now().clear_tries, when_.luck), milliseconds(1));
  }

  void record(exit_status status) {
    now().exit = status;
    bool const asked = !has_process() && now().phase != service_phase::idle;
    order(write_exit_record{.process = now().process, .status = status, .asked = asked});
  }

  void tree_is_empty() {
    now().tree = tree_state::empty;
    now().remaining.clear();
    now().readiness.end();
  }

  // Nothing is left of the former process.
  void after_clearing() {
    if (now().phase == service_phase::waiting_for_needs || now().phase == service_phase::backing_off)
      return go_on();
    if (now().phase == service_phase::error) return;
    ensure(state(now()) == service_state::stopping, "a tree is cleared away for one of these reasons");
    if (!now().wanted_up || now().done) return rest();
    if (now().error_after_stop) return give_up(*std::exchange(now().trouble, std::nullopt));
    start_again();
  }

  // After a stop that was only the way to a new start; a wait that a restart asked for is kept.
  void start_again() {
    now().done = false;
    now().retry_at = std::max(now().retry_at, when_.now);
    enter(service_phase::backing_off);
    tell(service_fact::starting);
    go_on();
  }

  void rest() {
    now().ready = false;
    now().trouble.reset();
    enter(service_phase::stopped);
    tell(service_fact::stopped);
    if (now().done) tell(service_fact::ready);
  }

  std::optional<instant> due() {
    if (clearing()) return now().clear_at;
    if (now().phase == service_phase::backing_off) return now().retry_at;
    if (now().phase == service_phase::stopping)
      return now().exit ? std::min(now().limit.wake(), now().clear_at) : now().limit.wake();
    if (now().phase == service_phase::spawning || now().phase == service_phase::awaiting_ready) {
      if (planted(fault::service_deadline_never_armed)) return std::nullopt;
      return now().limit.wake();
    }
    // At rest, running, or waiting for needs, which have limits of their own.
    return std::nullopt;
  }

  service_step out_;
  service_rules const& rules_;
  moment const& when_;
};

}  // namespace

service_rules service_rules_of(numbers const& values, std::string name) {
  return {.name = std::move(name),
          .start_limit = values.service_start_limit,
          .stop_grace = values.stop_grace,
          .restarts = restart_intensity_of(values),
          .restart_wait = restart_backoff_of(values),
          .tree_check = tree_check_of(values),
          .liveness_failures = values.liveness_failures};
}

bool satisfied(service const& value, service_rules const& rules) {
  return rules.kind == work_kind::task ? value.done : value.phase == service_phase::running && value.ready;
}

service_step step(service before, service_event const& happened, service_rules const& rules,
                  moment const& when) {
  stepper machine(std::move(before), rules, when);
  std::visit([&](auto const& event) { machine.on(event); }, happened);
  return machine.finish();
}

}  // namespace ostler::lifecycle

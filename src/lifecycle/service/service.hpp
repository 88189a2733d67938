// One service: a process that is wanted up or down, watched and never assumed. The keeper runs it, so that it
// goes on without the daemon.
//
//        want_up                          all signs hold
//  idle ────────┐                       ┌────────────────> running ─────────┐
//  stopped ─────┤                       │                   │    │          │ want_down,
//  error ───────┤                       │      exit unasked │    │          │ liveness
//               v                       │                   v    v          v
//      waiting_for_needs ─> spawning ─> awaiting_ready   backing_off error  stopping ─> killing
//               ^    backing_off ─^      │         │        ^     ^   grace over ──^      │
//               │                        │ exit,   └────────┘     │                       │ tree seen empty
//               └──────────────┐         └ time limit, stranger ──┘                       v
//                              └─────────────────────────── still wanted ─────────── stopped
//
// Four things are kept apart: what is wanted; the phase; whether the process is ready; and what is left of
// its tree. The last is why an exit does not free the way by itself: until the whole tree was seen empty
// nothing is called stopped and nothing is spawned again, and whatever is left is killed and looked at with
// growing pauses for as long as it takes, in whichever phase that happens.
//
// Every process has a generation, never used twice, and all that is told about a process bears it; what comes
// late or twice from an older one is refused as stale. `wake` says when a tick is due and follows from the
// state.
//
// What the machine relies on: once kill_tree was carried out, no process of that generation is spawned any
// more; commands may be carried out twice.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "base/instant.hpp"
#include "lifecycle/policy/backoff.hpp"
#include "lifecycle/policy/deadline.hpp"
#include "lifecycle/policy/intensity.hpp"
#include "lifecycle/policy/numbers.hpp"
#include "lifecycle/policy/readiness.hpp"
#include "lifecycle/policy/tick.hpp"

namespace ostler::lifecycle {

// What everybody sees.
enum class service_state : std::uint8_t { idle, starting, running, stopping, stopped, error };
inline constexpr int service_state_count = 6;
std::string_view text(service_state value);

// What is inside; may grow without anybody noticing.
enum class service_phase : std::uint8_t {
  idle,
  waiting_for_needs,
  // Until retry_at, and until what is left of the former process is gone.
  backing_off,
  // The spawn is ordered.
  spawning,
  awaiting_ready,
  running,
  // Asked to end; the grace runs.
  stopping,
  killing,
  stopped,
  error
};
inline constexpr int service_phase_count = 10;
std::string_view text(service_phase value);
service_state public_state(service_phase value);

// A task is done when it exits with 0; a service is never done.
enum class work_kind : std::uint8_t { service, task };
enum class restart_policy : std::uint8_t { always, on_failure, never };
std::string_view text(work_kind value);
std::string_view text(restart_policy value);

// How a process ended. What could not be observed is unknown, never 0.
struct exit_status {
  enum class kind : std::uint8_t { code, signal, unknown };
  kind what = kind::unknown;
  int value = 0;

  bool success() const { return what == kind::code && value == 0; }
  bool operator==(exit_status const&) const = default;
};
// "exited (1)", "was killed by signal 9", "ended (exit status unknown)"
std::string text(exit_status const& value);

struct service_rules {
  std::string name;
  // As allotted; 0 for none.
  std::uint16_t port = 0;
  work_kind kind = work_kind::service;
  restart_policy restart = restart_policy::on_failure;
  sign_set ready;
  milliseconds start_limit{30s};
  milliseconds stop_grace{10s};
  intensity restarts;
  backoff restart_wait;
  backoff tree_check{.first = 100ms, .cap = 10s};
  int liveness_failures = 3;
};
// With the given name; port, kind, policy and signs are the caller's to set.
service_rules service_rules_of(numbers const& values, std::string name);

// What is left of the newest process and its descendants, as far as we know.
//   leftovers  the main process has ended or is no longer ours to keep: all of it must go
enum class tree_state : std::uint8_t { empty, alive, leftovers };

struct service {
  service_phase phase = service_phase::idle;
  bool wanted_up = false;
  bool needs_ready = true;
  // A task that ended as it should.
  bool done = false;
  tree_state tree = tree_state::empty;
  // After stopping: error, not another start.
  bool error_after_stop = false;
  bool seen_empty = false;
  // The newest process; pid 0 while it is being spawned.
  process_key process;
  std::optional<exit_status> exit;
  lifecycle::readiness readiness;
  bool ready = false;
  int liveness_failed = 0;
  restart_log restarts;
  // Since when it is in this phase.
  instant since{};
  awake_limit limit;
  instant retry_at{};
  // When what is left is killed and looked at again, and how often that was.
  instant clear_at{};
  int clear_tries = 0;
  std::vector<std::int64_t> remaining;
  std::string waiting_for;
  // One of them is in error and will not come back by itself.
  bool needs_given_up = false;
  // In error only because of them: it starts when they are back.
  bool error_for_needs = false;
  // What the process says of itself (STATUS=).
  std::string status;
  std::optional<error> trouble;
  std::optional<instant> wake;

  bool operator==(service const&) const = default;
};

inline service_state state(service const& value) { return public_state(value.phase); }
// Its main process lives, or may live.
inline bool up(service const& value) { return value.tree != tree_state::empty && !value.exit; }
// May those who need it go on? A service while it is ready, a task once it is done.
bool satisfied(service const& value, service_rules const& rules);

// Events: what happened.
struct want_up {};
struct want_down {};
// It is on its way down and gets only so much more time.
struct hurry {
  milliseconds grace{};
};
struct needs_changed {
  bool all_ready;
  // Those that are not ready, as words: "db".
  std::string waiting_for;
  // They are in error and will not come back by themselves.
  bool given_up = false;
};
struct spawned {
  process_key process;
};
struct spawn_failed {
  std::uint64_t generation;
  std::string why;
};
struct exited {
  process_key process;
  exit_status status;
};
struct sign_observed {
  sign_seen seen;
};
struct status_told {
  process_key process;
  std::string status;
};
struct liveness_checked {
  process_key process;
  bool alive;
};
struct tree_checked {
  std::uint64_t generation;
  std::vector<std::int64_t> remaining;
};
// A keeper that was started again found the process of its predecessor: alive, or gone.
struct adopted {
  process_key process;
  bool was_ready;
};
struct found_gone {
  process_key process;
  exit_status status;
  // Somebody wants it up still: then it is as if it had ended under our eyes.
  bool wanted = false;
  bool was_ready = false;
};
// It found that nothing of the service runs, and that all ends are on record: where the predecessor had left
// it.
struct restored {
  // The newest; it is not used again.
  std::uint64_t generation;
  bool wanted = false;
  bool done = false;
  std::optional<error> trouble;
};
using service_event =
    std::variant<want_up, want_down, hurry, needs_changed, spawned, spawn_failed, exited, sign_observed,
                 status_told, liveness_checked, tree_checked, adopted, found_gone, restored, tick>;
std::string_view name(service_event const& happened);

// Commands: what must be done. Each may be carried out twice.
// In a process group and a cgroup of its own.
struct spawn {
  std::uint64_t generation;
  bool operator==(spawn const&) const = default;
};
// To the whole group; nothing to do when there is none.
struct send_stop_signal {
  std::uint64_t generation;
  bool operator==(send_stop_signal const&) const = default;
};
// All descendants. A spawn of this generation that is still under way must not come true any more.
struct kill_tree {
  std::uint64_t generation;
  bool operator==(kill_tree const&) const = default;
};
// Answered by tree_checked.
struct check_tree {
  std::uint64_t generation;
  bool operator==(check_tree const&) const = default;
};
// Exactly one for each process that was.
struct write_exit_record {
  process_key process;
  exit_status status;
  // We had told it to end.
  bool asked;
  bool operator==(write_exit_record const&) const = default;
};
using service_command = std::variant<spawn, send_stop_signal, kill_tree, check_tree, write_exit_record>;
std::string_view name(service_command const& ordered);

// Notices become events of the journal under the same names, "service.starting".
enum class service_fact : std::uint8_t {
  starting,
  ready,
  running,
  not_ready,
  stopping,
  stopped,
  error,
  restarting
};
inline constexpr int service_fact_count = 8;
// "service.starting"
std::string_view text(service_fact value);

struct service_notice {
  service_fact fact;
  std::string message;
  bool operator==(service_notice const&) const = default;
};

struct service_step {
  service next;
  std::vector<service_command> commands;
  std::vector<service_notice> notices;
  // Why the event changed nothing.
  std::optional<std::string_view> ignored;
};

service_step step(service before, service_event const& happened, service_rules const& rules,
                  moment const& when);

// For people: "Starting...", "Running :3001", "Stopping...", "Stopped", or the first line of the error.
std::string message(service const& value, service_rules const& rules);
// Why it is not where it is wanted: "waiting for http (12s)", "restarting 2/5, next in 4s"; may be empty.
std::string detail(service const& value, service_rules const& rules, instant now);

}  // namespace ostler::lifecycle

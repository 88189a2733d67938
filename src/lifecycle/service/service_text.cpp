// The words of the service: names of its values, and the sentences that people read.

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lifecycle/service/service.hpp"

namespace ostler::lifecycle {
namespace {

constexpr std::array<std::string_view, service_state_count> state_words{"idle",     "starting", "running",
                                                                        "stopping", "stopped",  "error"};
constexpr std::array<std::string_view, service_phase_count> phase_words{
    "idle",    "waiting_for_needs", "backing_off", "spawning", "awaiting_ready",
    "running", "stopping",          "killing",     "stopped",  "error"};
constexpr std::array<service_state, service_phase_count> phase_states{
    service_state::idle,     service_state::starting, service_state::starting, service_state::starting,
    service_state::starting, service_state::running,  service_state::stopping, service_state::stopping,
    service_state::stopped,  service_state::error};
constexpr std::array<std::string_view, service_fact_count> fact_words{
    "service.starting", "service.ready",   "service.running", "service.not_ready",
    "service.stopping", "service.stopped", "service.error",   "service.restarting"};
constexpr std::array<std::string_view, std::variant_size_v<service_event>> event_words{
    "want_up",      "want_down", "hurry",         "needs_changed", "spawned",
    "spawn_failed", "exited",    "sign_observed", "status_told",   "liveness_checked",
    "tree_checked", "adopted",   "found_gone",    "restored",      "tick"};
constexpr std::array<std::string_view, std::variant_size_v<service_command>> command_words{
    "spawn", "send_stop_signal", "kill_tree", "check_tree", "write_exit_record"};
constexpr std::array<std::string_view, 2> kind_words{"service", "task"};
constexpr std::array<std::string_view, 3> policy_words{"always", "on_failure", "never"};

// Rounded down; for how long something has lasted.
std::string lasted(instant since, instant now) {
  return format_duration(std::chrono::floor<seconds>(std::max<nanoseconds>(now - since, 0ns)));
}

std::string pids(std::vector<std::int64_t> const& remaining) {
  constexpr std::size_t named = 5;
  auto const shown = std::min(remaining.size(), named);
  auto out =
      fmt::format("{} {}", remaining.size() == 1 ? "pid" : "pids",
                  fmt::join(remaining.begin(), remaining.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (remaining.size() > named) out += fmt::format(" and {} more", remaining.size() - named);
  return out + (remaining.size() == 1 ? " is still there" : " are still there");
}

std::string restarting(service const& value, service_rules const& rules, instant now) {
  if (value.restarts == restart_log{}) return "clearing away the former process";
  // A window may be shorter than the wait.
  auto const count = std::max(value.restarts.recent(rules.restarts, now), 1);
  auto out = fmt::format("restarting {}/{}", count, rules.restarts.restarts_max);
  // Rounded up: "next in 0s" would look like a fault.
  auto const rest = std::chrono::ceil<seconds>(value.retry_at - now);
  if (rest > 0s) out += fmt::format(", next in {}", format_duration(rest));
  return out;
}

}  // namespace

std::string_view text(service_state value) { return state_words[static_cast<std::size_t>(value)]; }
std::string_view text(service_phase value) { return phase_words[static_cast<std::size_t>(value)]; }
std::string_view text(service_fact value) { return fact_words[static_cast<std::size_t>(value)]; }
std::string_view text(work_kind value) { return kind_words[static_cast<std::size_t>(value)]; }
std::string_view text(restart_policy value) { return policy_words[static_cast<std::size_t>(value)]; }
std::string_view name(service_event const& happened) { return event_words[happened.index()]; }
std::string_view name(service_command const& ordered) { return command_words[ordered.index()]; }
service_state public_state(service_phase value) { return phase_states[static_cast<std::size_t>(value)]; }

std::string text(exit_status const& value) {
  switch (value.what) {
    case exit_status::kind::code: return fmt::format("exited ({})", value.value);
    case exit_status::kind::signal: return fmt::format("was killed by signal {}", value.value);
    case exit_status::kind::unknown: break;
  }
  return "ended (exit status unknown)";
}

std::string message(service const& value, service_rules const& rules) {
  switch (state(value)) {
    case service_state::idle: return "Not started";
    case service_state::starting: return "Starting...";
    case service_state::running: return rules.port == 0 ? "Running" : fmt::format("Running :{}", rules.port);
    case service_state::stopping: return "Stopping...";
    case service_state::stopped: return value.done ? "Done" : "Stopped";
    case service_state::error: break;
  }
  return value.trouble ? value.trouble->message : "Error";
}

std::string detail(service const& value, service_rules const& rules, instant now) {
  // Whatever else is going on, a process that will not die is what people must know.
  if (!value.remaining.empty()) return pids(value.remaining);
  switch (value.phase) {
    case service_phase::waiting_for_needs: return fmt::format("waiting for {}", value.waiting_for);
    case service_phase::backing_off: return restarting(value, rules, now);
    case service_phase::spawning:
      return fmt::format("waiting for the process ({})", lasted(value.since, now));
    case service_phase::awaiting_ready:
      return fmt::format("waiting for {} ({}){}{}", value.readiness.missing_text(), lasted(value.since, now),
                         value.status.empty() ? "" : ": ", value.status);
    case service_phase::running:
      if (value.ready) return value.status;
      return value.trouble ? value.trouble->message
                           : fmt::format("not ready: {}", value.readiness.missing_text());
    case service_phase::stopping: return fmt::format("waiting for the exit ({})", lasted(value.since, now));
    case service_phase::killing: return fmt::format("killed, looking again ({})", lasted(value.since, now));
    case service_phase::idle:
    case service_phase::stopped:
    case service_phase::error: break;
  }
  return {};
}

}  // namespace ostler::lifecycle

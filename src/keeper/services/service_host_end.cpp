// The ways down: signals, the end of the process, and of all that came of it.
#include <algorithm>
#include <csignal>
#include <fmt/format.h>

#include "keeper/services/exits_told.hpp"
#include "keeper/services/service_host.hpp"
#include "system/clock.hpp"
#include "system/failure.hpp"
#include "system/process.hpp"
#include "wire/service_checks.hpp"

namespace ostler::keeper {
namespace {

using lifecycle::exit_status;

// Deaths take a moment: the first looks come soon, later ones are the machine's own.
constexpr milliseconds look_first{1};
constexpr milliseconds look_cap{50};

// It may not have been the service itself that took too much.
std::string memory_of_all(containment const& contained) {
  for (auto const& each : contained.limits_of_all())
    if (each.controller == "memory" && each.by != enforcement::none)
      return fmt::format("; all of the instance together may use {}", each.amount);
  return {};
}

}  // namespace

void service_host::main_ended(lifecycle::process_key process, exit_status status) {
  adopted_.leave();
  look_at_adopted_.clear();
  adopted_pidfd_.reset();
  // What it printed last comes before what is said of its end, also for readiness.
  if (out_) out_->drain_now();
  if (err_) err_->drain_now();
  monitor_->end();
  stop_command_.reset();
  feed(lifecycle::exited{process, status});
}

void service_host::keep_exit(lifecycle::write_exit_record const& end) {
  if (end.process.generation <= recorded_exit_) return;
  recorded_exit_ = end.process.generation;
  bool const oom = group_ && group_->oom_kills() > 0;
  last_exit_ = told(end.status, end.asked, oom);
  record("process.exited", end.process, start_ticks_, last_exit_);
  world_.tell();
  if (log_)
    log_->note(system::wall_now(),
               fmt::format("{} {}{}", spec_.name, lifecycle::text(end.status),
                           oom ? ", out of memory" + memory_of_all(world_.contained) : ""));
}

void service_host::stop_signal(std::uint64_t generation) {
  look_wait_ = look_first;
  if (now_.process.generation != generation || now_.process.pid == 0 || now_.exit) return;
  if (!spec_.stop.command.empty()) {
    auto const what = side(spec_.stop.command, "stop");
    auto started =
        what ? side_command::start(world_, *what, [](exit_status) {}) : std::unexpected(what.error());
    if (started) {
      stop_command_ = std::move(*started);
      return;
    }
    if (log_)
      log_->note(system::wall_now(),
                 fmt::format("the stop command could not be run: {}", started.error().message));
  }
  static_cast<void>(signal(wire::parse_signal(spec_.stop.signal).value_or(SIGTERM), false));
}

result<void> service_host::signal(int number, bool tree) {
  if (!lifecycle::up(now_) || now_.process.pid == 0)
    return fail(error_code::invalid_state, fmt::format("service {} does not run", spec_.name));
  if (tree) return group_->signal(number);
  auto const pid = static_cast<pid_t>(now_.process.pid);
  // Our child keeps its number until we reap it; of another one we hold the pidfd since we knew it.
  if (adopted_pidfd_) {
    auto const sent = system::signal_pidfd(adopted_pidfd_.get(), 0);
    if (!sent || *sent == system::signal_outcome::gone)
      return fail(error_code::invalid_state, fmt::format("the process of {} has just ended", spec_.name));
  }
  // Its group, whose number no other group can get while a member lives.
  if (::kill(-pid, number) != 0 && ::kill(pid, number) != 0)
    return system::fail_errno(fmt::format("signal {}", spec_.name));
  return {};
}

void service_host::kill_tree() {
  monitor_->end();
  look_wait_ = look_first;
  if (group_) kill_members();
}

// On the way down also those that left the group as root; a restart must be quick and looks again at its
// stop.
std::vector<std::int64_t> service_host::kill_members() {
  auto const how = now_.wanted_up ? reach::group : reach::thorough;
  auto const members = group_->members(how);
  // Nobody can say, so nobody may say that it is empty.
  if (!members) return {now_.process.pid};
  if (members->empty()) return {};
  group_was_killed_ = true;
  static_cast<void>(group_->kill(how));
  return {members->begin(), members->end()};
}

void service_host::check_tree(std::uint64_t generation) {
  std::vector<std::int64_t> remaining;
  look_again_.clear();
  if (group_ && now_.phase != lifecycle::service_phase::stopping) {
    remaining = kill_members();
    if (!remaining.empty()) {
      look_again_.set(system::now() + look_wait_);
      look_wait_ = std::min(look_wait_ * 2, look_cap);
    }
  } else if (group_) {
    // It has its grace still.
    auto const members = group_->members();
    if (members)
      remaining.assign(members->begin(), members->end());
    else
      remaining.push_back(now_.process.pid);
    // Those that were in other sessions have not heard yet that they are to end.
    if (!remaining.empty() && now_.exit && rest_asked_ != generation) {
      rest_asked_ = generation;
      static_cast<void>(group_->signal(wire::parse_signal(spec_.stop.signal).value_or(SIGTERM)));
    }
    if (!remaining.empty()) {
      look_again_.set(system::now() + look_wait_);
      look_wait_ = std::min(look_wait_ * 2, look_cap);
    }
  }
  feed(lifecycle::tree_checked{generation, std::move(remaining)});
}

}  // namespace ostler::keeper

// What a former keeper held: taken over where it lives, and where it ended meanwhile, told as far as anybody
// knows.
#include <algorithm>
#include <fmt/format.h>
#include <unistd.h>

#include "keeper/hold/exits.hpp"
#include "keeper/logs/log_query.hpp"
#include "keeper/services/exits_told.hpp"
#include "keeper/services/rules.hpp"
#include "keeper/services/run_mark.hpp"
#include "keeper/services/service_host.hpp"
#include "system/clock.hpp"
#include "system/process.hpp"

namespace ostler::keeper {
namespace {

using lifecycle::exit_status;

// For whoever is the parent of one that we adopted.
constexpr milliseconds reaped_within{300};
// Where the kernel does not tell of its end.
constexpr milliseconds look_every{50};

}  // namespace

void service_host::restore(held_run const& held) {
  if (held.run == 0) return;
  former_ = &held;
  auto found = world_.contained.find(spec_.name, world_.token(spec_.name));
  if (found) group_ = std::move(*found);
  // Where they were, and by what is known again. Of one that differs now they are of no use to the next.
  if (group_ && !held.outdated) static_cast<void>(group_->limit(limits_of(spec_.limits)));
  // By whoever was here before us, perhaps.
  group_was_killed_ = true;
  last_exit_ = held.exit;
  if (held.exit) recorded_exit_ = held.run;
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;
  if (!held.exit && world_.same_boot && find_alive(held, pid, start_ticks))
    adopt(held, pid, start_ticks);
  else
    restore_rest(held);
  former_ = nullptr;
  feed(lifecycle::tick{});
  auto const mark = read_mark(world_.place, spec_.name);
  if (pid > 0 && mark && mark->pid == pid && !held.ready) hear_again(mark->position);
}

void service_host::succeed(held_run const& former, std::shared_ptr<log_store> log) {
  log_ = std::move(log);
  last_exit_ = former.exit;
  recorded_exit_ = former.run;
  former_ = &former;
  feed(lifecycle::restored{.generation = former.run});
  former_ = nullptr;
}

bool service_host::was_told(std::string_view fact) const {
  if (former_ == nullptr) return false;
  auto const what = fact.substr(fact.find('.') + 1);
  return what == "ready" ? former_->ready : what == former_->state;
}

void service_host::hear_again(std::uint64_t position) {
  if (spec_.ready.output.empty() || !log_) return;
  auto query = log_query::ask(*log_, {.from = wire::log_cursor{.position = position}, .raw = true});
  if (!query) return;
  for (auto go_on = log_batch::then::more; go_on == log_batch::then::more;) {
    auto const batch = (*query)->next();
    go_on = batch.state;
    for (auto const& each : batch.records) {
      if (each.kind == wire::log_record_kind::out) monitor_->printed(log_stream::out, as_bytes(each.payload));
      if (each.kind == wire::log_record_kind::err) monitor_->printed(log_stream::err, as_bytes(each.payload));
    }
  }
}

// How it ended is told from the moment its parent has reaped it, which may be at once or never.
void service_host::adopted_ended(bool reaped) {
  auto const status = exit_of(adopted_pidfd_.get());
  if (status || reaped) return main_ended(now_.process, status.value_or(exit_status{}));
  adopted_.want(0);
  look_at_adopted_.set(system::now() + reaped_within);
}

void service_host::look_at_adopted() {
  if (adopted_pidfd_) return main_ended(now_.process, exit_of(adopted_pidfd_.get()).value_or(exit_status{}));
  // No pidfd on this kernel: its start time tells whether it is still the one.
  auto const seen = system::stat_of(static_cast<pid_t>(now_.process.pid));
  if (!seen || seen->start_ticks != start_ticks_ || seen->ended()) return main_ended(now_.process, {});
  look_at_adopted_.set(system::now() + look_every);
}

bool service_host::find_alive(held_run const& held, pid_t& pid, std::uint64_t& start_ticks) const {
  pid = static_cast<pid_t>(held.pid);
  start_ticks = held.start_ticks;
  if (held.intended) {
    // Spawned, perhaps, but nobody wrote it down any more, except the child itself.
    auto const mark = read_mark(world_.place, spec_.name);
    if (!mark) return false;
    pid = static_cast<pid_t>(mark->pid);
    if (pid <= 0) return false;
    auto const seen = system::stat_of(pid);
    if (!seen) return false;
    start_ticks = seen->start_ticks;
  }
  if (pid <= 0) return false;
  // Our own child, after we became another program: it may have ended, and then its end is still to be had.
  auto const child = system::stat_of(pid);
  if (child && child->parent == ::getpid() && child->start_ticks == start_ticks) return true;
  system::environment_mark const mark{.name = std::string(run_variable), .value = world_.token(spec_.name)};
  system::process_identity const whom{.boot = world_.who.boot_id, .pid = pid, .start_ticks = start_ticks};
  // The environment of one that has become another program is still that which we gave it, unless it cleaned
  // it: the start time alone must do for those that we wrote down.
  auto const opened =
      held.intended ? system::process_handle::open(whom, mark) : system::process_handle::open(whom);
  return opened && opened->has_value();
}

void service_host::adopt(held_run const& held, pid_t pid, std::uint64_t start_ticks) {
  lifecycle::process_key const process{.generation = held.run, .pid = pid};
  start_ticks_ = start_ticks;
  if (held.intended) record("process.spawned", process, start_ticks);
  if (auto done = open_log(); done) static_cast<void>(connect_output());
  feed(lifecycle::adopted{process, held.ready});
  auto const seen = system::stat_of(pid);
  if (seen && seen->parent == ::getpid()) {
    world_.kids.expect(pid, [this, process](exit_status status) { main_ended(process, status); });
  } else {
    adopted_pidfd_ = system::open_pidfd(pid);
    auto const ended = [this](std::uint32_t events) { adopted_ended((events & EPOLLHUP) != 0); };
    if (!adopted_pidfd_ || !adopted_.join(adopted_pidfd_.get(), EPOLLIN, ended))
      look_at_adopted_.set(system::now() + look_every);
  }
  monitor_->adopt(process, held.ready);
  if (!held.wanted) feed(lifecycle::want_down{});
}

void service_host::restore_rest(held_run const& held) {
  lifecycle::process_key const process{.generation = held.run, .pid = std::max<std::int64_t>(held.pid, 1)};
  bool const never_ended = !held.exit && (held.pid != 0 || held.intended);
  auto const left =
      group_ ? group_->members(reach::thorough) : result<std::vector<pid_t>>(std::vector<pid_t>{});
  if (never_ended || !left || !left->empty()) {
    if (never_ended) {
      if (auto done = open_log(); done && log_)
        log_->note(
            system::wall_now(),
            fmt::format("{} ended while no keeper watched; its last output may be missing", spec_.name));
    }
    auto const status = held.exit ? heard(*held.exit) : exit_status{};
    return feed(lifecycle::found_gone{process, status, held.wanted, held.ready || held.state == "running"});
  }
  lifecycle::restored back{.generation = held.run, .wanted = held.wanted};
  back.done = rules_.kind == lifecycle::work_kind::task && held.exit && heard(*held.exit).success();
  if (held.state == "error") back.trouble = error{error_code::restarts_exhausted, held.message, {}, {}};
  feed(back);
}

}  // namespace ostler::keeper

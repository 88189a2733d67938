#include "keeper/services/service_host.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "base/overloaded.hpp"
#include "keeper/environment/user.hpp"
#include "keeper/hold/exits.hpp"
#include "keeper/logs/fifo.hpp"
#include "keeper/logs/log_query.hpp"
#include "keeper/services/rules.hpp"
#include "keeper/services/run_mark.hpp"
#include "system/clock.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"
#include "system/process.hpp"
#include "system/random.hpp"

namespace ostler::keeper {
namespace {

using lifecycle::exit_status;

wire::exit_told told(exit_status status, bool asked, bool oom) {
  wire::exit_told out{.value = status.value, .asked = asked, .oom = oom};
  switch (status.what) {
    case exit_status::kind::code: out.how = wire::ended::code; break;
    case exit_status::kind::signal: out.how = wire::ended::signal; break;
    case exit_status::kind::unknown: out.how = wire::ended::unknown; break;
  }
  return out;
}

exit_status heard(wire::exit_told const& told) {
  switch (told.how) {
    case wire::ended::code: return {.what = exit_status::kind::code, .value = told.value};
    case wire::ended::signal: return {.what = exit_status::kind::signal, .value = told.value};
    case wire::ended::unknown: break;
  }
  return {};
}

run_limits limits_of(wire::limits_spec const& spec) {
  run_limits limits;
  if (spec.memory_bytes > 0) limits.memory_bytes = static_cast<std::uint64_t>(spec.memory_bytes);
  if (spec.cpu_milli > 0) limits.cpu_cores = static_cast<double>(spec.cpu_milli) / 1000;
  if (spec.pids > 0) limits.pids = static_cast<std::uint64_t>(spec.pids);
  return limits;
}

result<std::optional<spawn_user>> user_of(std::string const& wanted) {
  if (wanted.empty()) return std::nullopt;
  auto const found = find_user_in("/etc", wanted);
  if (!found) return std::unexpected(found.error());
  return spawn_user{
      .user = found->uid, .group = found->gid, .groups = {found->groups.begin(), found->groups.end()}};
}

// Deaths take a moment: the first looks come soon, later ones are the machine's own.
constexpr milliseconds look_first{1};
constexpr milliseconds look_cap{50};
// Until a start is tried again for which there were no descriptors, processes, memory or space.
constexpr milliseconds spawn_wait{1000};
// For whoever is the parent of one that we adopted.
constexpr milliseconds reaped_within{300};

bool passes(error_code code) {
  return code == error_code::system_exhausted || code == error_code::storage_full;
}

}  // namespace

service_host::service_host(world const& shared, wire::service_spec spec, std::uint16_t port,
                           std::uint64_t log_cap, hooks what)
    : world_(shared),
      spec_(std::move(spec)),
      rules_(rules_of(spec_, port)),
      hooks_(std::move(what)),
      log_cap_(log_cap),
      wake_(shared.on, [this] { feed(lifecycle::tick{}); }),
      look_again_(shared.on, [this] { check_tree(now_.process.generation); }),
      spawn_again_(shared.on, [this] { spawn_again(); }),
      adopted_(shared.on),
      look_at_adopted_(shared.on, [this] { look_at_adopted(); }) {
  monitor_ = std::make_unique<monitor>(
      shared, spec_, rules_.port,
      monitor::hooks{
          .sign = [this](lifecycle::sign_seen seen) { feed(lifecycle::sign_observed{seen}); },
          .alive = [this](lifecycle::process_key process,
                          bool alive) { feed(lifecycle::liveness_checked{process, alive}); },
          .members =
              [this] {
                if (!group_) return std::vector<pid_t>{};
                return group_->members().value_or(std::vector<pid_t>{});
              },
          .side = [this](std::vector<std::string> command) { return side(std::move(command), "look"); }});
}

bool service_host::at_rest() const {
  return now_.tree == lifecycle::tree_state::empty &&
         (now_.phase == lifecycle::service_phase::idle || now_.phase == lifecycle::service_phase::stopped ||
          now_.phase == lifecycle::service_phase::error);
}

void service_host::want(bool up) {
  if (now_.wanted_up != up || now_.phase == lifecycle::service_phase::idle)
    record(up ? "service.wanted" : "service.unwanted");
  if (up)
    feed(lifecycle::want_up{});
  else
    feed(lifecycle::want_down{});
  if (!up && spawn_again_.is_set()) spawn_again_.set(system::now());
}

void service_host::set_grace(milliseconds grace) {
  rules_.stop_grace = grace;
  feed(lifecycle::hurry{grace});
}

// Events that a step brings about wait until it is done.
void service_host::feed(lifecycle::service_event happened) {
  events_.push_back(std::move(happened));
  if (feeding_) return;
  feeding_ = true;
  while (!events_.empty()) {
    auto const next = std::move(events_.front());
    events_.pop_front();
    take(next);
  }
  feeding_ = false;
  if (now_.wake)
    wake_.set(*now_.wake);
  else
    wake_.clear();
  world_.tell();
  if (std::exchange(changed_, false)) hooks_.changed();
}

void service_host::take(lifecycle::service_event const& happened) {
  moment const when{.now = system::now(), .wall = system::wall_now(), .luck = system::random_bits()};
  auto done = lifecycle::step(std::move(now_), happened, rules_, when);
  now_ = std::move(done.next);
  if (done.ignored) return;
  changed_ = true;
  // An end is on record before it is called one; a start is called one before it is made.
  for (auto const& ordered : done.commands)
    if (auto const* end = std::get_if<lifecycle::write_exit_record>(&ordered)) keep_exit(*end);
  for (auto const& notice : done.notices)
    if (auto const fact = lifecycle::text(notice.fact); !was_told(fact))
      record(fact, {}, 0, std::nullopt, notice.message);
  for (auto const& ordered : done.commands) carry_out(ordered);
}

void service_host::carry_out(lifecycle::service_command const& ordered) {
  std::visit(overloaded{[&](lifecycle::spawn const& order) { spawn(order.generation); },
                        [&](lifecycle::send_stop_signal const& order) { stop_signal(order.generation); },
                        [&](lifecycle::kill_tree const&) { kill_tree(); },
                        [&](lifecycle::check_tree const& order) { check_tree(order.generation); },
                        [&](lifecycle::write_exit_record const&) {}},
             ordered);
}

std::uint64_t service_host::record(std::string_view fact, lifecycle::process_key process,
                                   std::uint64_t start_ticks, std::optional<wire::exit_told> exit,
                                   std::string message) {
  return world_.story.append({.fact = std::string(fact),
                              .service = spec_.name,
                              .run = process.generation,
                              .pid = process.pid,
                              .start_ticks = start_ticks,
                              .port = rules_.port,
                              .exit = exit,
                              .message = std::move(message)});
}

// The way up.

void service_host::spawn(std::uint64_t generation) {
  auto made = spawn_process(generation);
  if (!made) {
    record("process.failed", {.generation = generation, .pid = 0}, 0, std::nullopt, made.error().message);
    // The machine is told of what will not be better the next time.
    if (passes(made.error().code) && now_.wanted_up) return spawn_again_.set(system::now() + spawn_wait);
    return feed(lifecycle::spawn_failed{generation, made.error().message});
  }
  lifecycle::process_key const process{.generation = generation, .pid = made->pid};
  auto const seen = system::stat_of(made->pid);
  start_ticks_ = seen ? seen->start_ticks : 0;
  record("process.spawned", process, start_ticks_);
  world_.kids.expect(made->pid, [this, process](exit_status status) { main_ended(process, status); });
  feed(lifecycle::spawned{process});
  monitor_->begin(process);
}

void service_host::spawn_again() {
  auto const generation = now_.process.generation;
  if (now_.wanted_up) return spawn(generation);
  feed(lifecycle::spawn_failed{generation, "there was no room for it before it was no longer wanted"});
}

result<spawned_process> service_host::spawn_process(std::uint64_t generation) {
  rules_.port = hooks_.port(*this);
  auto environment = hooks_.environment(*this);
  if (!environment) return std::unexpected(environment.error());
  auto const held = group();
  if (!held) return std::unexpected(held.error());
  oom_before_ = (*held)->oom_kills();
  if (auto done = open_log(); !done) return std::unexpected(done.error());

  spawn_request request{.argv = spec_.command, .environment = std::move(*environment)};
  if (spec_.shell) request.argv = {"/bin/sh", "-c", spec_.command.front()};
  auto const user = user_of(spec_.user);
  if (!user) return std::unexpected(user.error());
  request.user = *user;
  request.directory = world_.workspace_path(spec_.workdir);
  request.session = spawn_session::own_session;
  request.place = (*held)->place();
  request.limits = (*held)->process_limits();
  if (spec_.limits.open_files > 0)
    request.limits.push_back({.which = RLIMIT_NOFILE,
                              .soft = static_cast<std::uint64_t>(spec_.limits.open_files),
                              .hard = static_cast<std::uint64_t>(spec_.limits.open_files)});
  // New ones for each run: what a service changes of how they are open is not for the next one to find.
  auto const out = open_service_end(world_.place.get(), "fifos/" + spec_.name + ".out");
  if (!out) return std::unexpected(out.error());
  auto const err = open_service_end(world_.place.get(), "fifos/" + spec_.name + ".err");
  if (!err) return std::unexpected(err.error());
  if (auto done = connect_output(); !done) return std::unexpected(done.error());
  if (!nothing_) {
    auto opened = system::open_at(AT_FDCWD, "/dev/null", O_RDONLY);
    if (!opened) return std::unexpected(opened.error());
    nothing_ = std::move(*opened);
  }
  request.input = nothing_.get();
  request.output = out->get();
  request.errors = err->get();

  if (!mark_) {
    auto file = system::open_at(world_.place.get(), "marks/" + spec_.name, O_RDWR | O_CREAT | O_NOFOLLOW);
    if (!file) return std::unexpected(file.error());
    mark_ = std::move(*file);
  }
  run_mark const nobody{.pid = 0, .position = log_->end_position()};
  if (::pwrite(mark_.get(), &nobody, sizeof nobody, 0) != sizeof nobody)
    return system::fail_errno("write the mark");
  request.mark = {.file = mark_.get(), .offset = 0};
  record("process.intended", {.generation = generation, .pid = 0});
  return keeper::spawn(request);
}

result<side_request> service_host::side(std::vector<std::string> command, std::string_view purpose) {
  auto environment = hooks_.environment(*this);
  if (!environment) return std::unexpected(environment.error());
  auto const user = user_of(spec_.user);
  if (!user) return std::unexpected(user.error());
  return side_request{.name = fmt::format("{}-{}", spec_.name, purpose),
                      .command = std::move(command),
                      .environment = std::move(*environment),
                      .directory = world_.workspace_path(spec_.workdir),
                      .user = *user};
}

result<run_group*> service_host::group() {
  // The kernel remembers that a cgroup was killed, and kills whoever is born into it afterwards.
  if (group_ && std::exchange(group_was_killed_, false)) {
    if (auto done = group_->remove(); !done) return std::unexpected(done.error());
    group_.reset();
  }
  if (!group_) {
    auto made = world_.contained.prepare(spec_.name, world_.token(spec_.name), limits_of(spec_.limits));
    if (!made) return std::unexpected(made.error());
    group_ = std::move(*made);
  }
  return group_.get();
}

result<void> service_host::open_log() {
  if (log_) return {};
  auto opened = log_store::open(world_.place.path() + "/logs/" + spec_.name, {.cap = log_cap_});
  if (!opened) return std::unexpected(opened.error());
  log_ = std::move(*opened);
  world_.reads.recover(spec_.name, *log_);
  for (auto const* end : {".out", ".err"})
    if (auto done = make_fifo(world_.place.get(), "fifos/" + spec_.name + end); !done) return done;
  out_ = std::make_unique<pump>(world_.on, world_.reads, *log_, spec_.name, log_stream::out);
  err_ = std::make_unique<pump>(world_.on, world_.reads, *log_, spec_.name, log_stream::err);
  for (auto* each : {out_.get(), err_.get()})
    each->listen([this](log_stream stream, byte_view bytes) { monitor_->printed(stream, bytes); });
  return {};
}

result<std::shared_ptr<log_store>> service_host::log() {
  if (auto done = open_log(); !done) return std::unexpected(done.error());
  return log_;
}

result<void> service_host::connect_output() {
  struct end {
    pump& into;
    char const* name;
  };
  for (auto const& [into, name] : std::array<end, 2>{{{*out_, ".out"}, {*err_, ".err"}}}) {
    if (into.running()) continue;
    auto from = open_lasting_end(world_.place.get(), "fifos/" + spec_.name + name);
    if (!from) return std::unexpected(from.error());
    if (auto done = into.start(std::move(*from)); !done) return done;
  }
  return {};
}

void service_host::notified(notify_message const& said) {
  if (said.status) feed(lifecycle::status_told{now_.process, *said.status});
  if (said.ready) monitor_->show(lifecycle::ready_sign::notify, true);
}

void service_host::registered(bool holds) { monitor_->show(lifecycle::ready_sign::registered, holds); }

// The ends.

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
  bool const oom = group_ && group_->oom_kills() > oom_before_;
  last_exit_ = told(end.status, end.asked, oom);
  record("process.exited", end.process, start_ticks_, last_exit_);
  world_.tell();
  if (log_)
    log_->note(system::wall_now(),
               fmt::format("{} {}{}", spec_.name, lifecycle::text(end.status), oom ? ", out of memory" : ""));
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
  static_cast<void>(signal(parse_signal(spec_.stop.signal).value_or(SIGTERM), false));
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
      static_cast<void>(group_->signal(parse_signal(spec_.stop.signal).value_or(SIGTERM)));
    }
    if (!remaining.empty()) {
      look_again_.set(system::now() + look_wait_);
      look_wait_ = std::min(look_wait_ * 2, look_cap);
    }
  }
  feed(lifecycle::tree_checked{generation, std::move(remaining)});
}

// From a former keeper.

void service_host::restore(held_run const& held) {
  if (held.run == 0) return;
  former_ = &held;
  auto found = world_.contained.find(spec_.name, world_.token(spec_.name));
  if (found) group_ = std::move(*found);
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
  look_at_adopted_.set(system::now() + look_cap);
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
      look_at_adopted_.set(system::now() + look_cap);
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

wire::service_status service_host::status() const {
  wire::service_status out{.name = spec_.name,
                           .state = std::string(lifecycle::text(lifecycle::state(now_))),
                           .wanted = now_.wanted_up,
                           .ready = now_.ready,
                           .run = now_.process.generation,
                           .pid = lifecycle::up(now_) ? now_.process.pid : 0,
                           .port = rules_.port,
                           .message = lifecycle::message(now_, rules_),
                           .detail = lifecycle::detail(now_, rules_, system::now()),
                           .says = now_.status,
                           .last_exit = last_exit_,
                           .remaining = now_.remaining};
  if (now_.trouble) out.error = wire::told(*now_.trouble);
  if (!group_) return out;
  auto const& limited = group_->limited();
  struct named {
    std::string_view what;
    enforcement by;
  };
  for (auto const& [what, by] :
       std::array<named, 3>{{{"memory", limited.memory}, {"cpu", limited.cpu}, {"pids", limited.pids}}})
    if (by != enforcement::not_asked) out.limits.push_back(fmt::format("{}: {}", what, text(by)));
  auto const used = group_->usage();
  out.memory_bytes = static_cast<std::int64_t>(used.memory_bytes.value_or(0));
  out.cpu_ms = std::chrono::duration_cast<milliseconds>(used.cpu.value_or(0ns)).count();
  out.processes = static_cast<std::int64_t>(used.pids.value_or(0));
  return out;
}

}  // namespace ostler::keeper

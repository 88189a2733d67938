// The way up: how a service is spawned, and how what it prints and says is heard.
#include <array>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <utility>

#include "keeper/environment/user.hpp"
#include "keeper/logs/fifo.hpp"
#include "keeper/services/rules.hpp"
#include "keeper/services/run_mark.hpp"
#include "keeper/services/service_host.hpp"
#include "system/clock.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"
#include "system/process.hpp"

namespace ostler::keeper {
namespace {

using lifecycle::exit_status;

// Until a start is tried again for which there were no descriptors, processes, memory or space.
constexpr milliseconds spawn_wait{1000};

result<std::optional<spawn_user>> user_of(std::string const& wanted) {
  if (wanted.empty()) return std::nullopt;
  auto const found = find_user_in("/etc", wanted);
  if (!found) return std::unexpected(found.error());
  return spawn_user{
      .user = found->uid, .group = found->gid, .groups = {found->groups.begin(), found->groups.end()}};
}

bool passes(error_code code) {
  return code == error_code::system_exhausted || code == error_code::storage_full;
}

}  // namespace

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
  if (auto done = open_log(); !done) return std::unexpected(done.error());

  spawn_request request{.argv = spec_.command, .environment = std::move(*environment)};
  if (spec_.shell) request.argv = {"/bin/sh", "-c", spec_.command.front()};
  auto const user = user_of(spec_.user);
  if (!user) return std::unexpected(user.error());
  request.user = *user;
  request.directory = world_.workspace_path(spec_.workdir);
  request.session = spawn_session::own_session;
  request.oom_score_adjust = world_.oom_score_adjust;
  request.place = (*held)->place();
  request.limits = (*held)->process_limits();
  limit_open_files(request.limits, open_files());
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
  auto const nobody = run_mark::next(read_mark(world_.place, spec_.name), log_->end_position());
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
                      .user = *user,
                      .open_files = open_files()};
}

std::int64_t service_host::open_files() const {
  return spec_.limits.open_files > 0 ? spec_.limits.open_files : hooks_.open_files();
}

result<run_group*> service_host::group() {
  // The kernel remembers that a cgroup was killed, and kills whoever is born into it afterwards. It also goes
  // on counting whom it ended for want of memory, which must not be told of a later run.
  if (group_ && (std::exchange(group_was_killed_, false) || group_->oom_kills() > 0)) {
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
  if (out_) return {};
  if (!log_) {
    auto opened = log_store::open(world_.place.path() + "/logs/" + spec_.name, {.cap = log_cap_});
    if (!opened) return std::unexpected(opened.error());
    log_ = std::move(*opened);
    world_.reads.recover(spec_.name, *log_);
  }
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

}  // namespace ostler::keeper

#include "keeper/sessions/session.hpp"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>
#include <utility>

#include "keeper/sessions/command_text.hpp"
#include "keeper/sessions/session_start.hpp"
#include "system/clock.hpp"
#include "system/failure.hpp"
#include "system/process.hpp"

namespace ostler::keeper {
namespace {

// A session has one run.
constexpr std::uint64_t the_run = 1;
constexpr auto first_wait = 100ms;
constexpr auto longest_wait = 10s;
// After so many tries who is left is told; it is tried on.
constexpr int tries_told = 6;

wire::exit_told told(lifecycle::exit_status const& status) {
  wire::exit_told exit;
  exit.value = status.value;
  switch (status.what) {
    case lifecycle::exit_status::kind::code: exit.how = wire::ended::code; break;
    case lifecycle::exit_status::kind::signal: exit.how = wire::ended::signal; break;
    case lifecycle::exit_status::kind::unknown: exit.how = wire::ended::unknown; break;
  }
  return exit;
}

bool ends_most(int number) {
  return number == SIGTERM || number == SIGKILL || number == SIGINT || number == SIGHUP || number == SIGQUIT;
}

}  // namespace

result<std::unique_ptr<channel>> open_stream(connection& of, std::uint32_t number) {
  if (number == 0) return nullptr;
  return of.open_channel(number);
}

session::session(session_needs const& needs, std::string name, std::function<void()> later)
    : needs_(needs),
      name_(std::move(name)),
      later_(std::move(later)),
      opened_(system::wall_now()),
      limit_(needs.on, [this] { limit_reached(); }),
      step_(needs.on, [this] { step(); }) {}

session::~session() {
  if (pid_ != 0) needs_.born.forget(static_cast<pid_t>(pid_));
}

std::string session::run_name() const { return fmt::format("session-{}", name_); }

std::uint64_t session::record(wire::keeper_event event) {
  event.session = name_;
  auto const seq = needs_.append(std::move(event));
  needs_.tell();
  return seq;
}

result<void> session::open_log() {
  auto opened = log_store::open(fmt::format("{}/{}", needs_.logs, name_), {.cap = needs_.log_cap});
  if (!opened) return std::unexpected(opened.error());
  log_ = std::move(*opened);
  return {};
}

result<void> session::open_group(bool anew) {
  auto token = fmt::format("{}-{}", needs_.token_prefix, name_);
  auto made = anew ? needs_.hold.prepare(run_name(), std::move(token))
                   : needs_.hold.find(run_name(), std::move(token));
  if (!made) return std::unexpected(made.error());
  group_ = std::move(*made);
  return {};
}

output_needs session::output_for() {
  return {.on = &needs_.on,
          .buffer = &needs_.buffer,
          .log = log_.get(),
          .at_end = [this] { step_.set(system::now()); },
          .later = later_};
}

void session::expect_end() {
  needs_.born.expect(static_cast<pid_t>(pid_), [this](lifecycle::exit_status status) { exited(status); });
}

struct session::preparation {
  session_plan plan;
  session_ends ends;
};

result<session::preparation> session::prepare(wire::exec_start const& wanted) const {
  auto plan = plan_session(needs_, wanted);
  if (!plan) return std::unexpected(plan.error());
  auto ends = open_ends(wanted, plan->user);
  if (!ends) return std::unexpected(ends.error());
  return preparation{.plan = std::move(*plan), .ends = std::move(*ends)};
}

result<void> session::start(connection& by, wire::exec_start const& wanted) {
  command_ = wanted.command;
  label_ = wanted.label;
  terminal_ = wanted.terminal;
  at_limit_ = wanted.at_limit;
  auto prepared = prepare(wanted);
  if (!prepared) return std::unexpected(prepared.error());
  if (auto opened = open_log(); !opened) return opened;
  if (auto grouped = open_group(true); !grouped) return grouped;

  // The streams first: when they cannot be had, nothing was started.
  auto& ends = prepared->ends;
  if (ends.terminal)
    output_ = std::make_unique<terminal_output>(output_for(), std::move(*ends.terminal));
  else
    output_ = std::make_unique<exec_output>(output_for(), std::move(*ends.pipes));
  if (wanted.in != 0 || wanted.out != 0 || wanted.err != 0) {
    wire::session_attach const how{
        .session = name_, .in = wanted.in, .out = wanted.out, .err = wanted.err, .terminal = terminal_};
    if (auto attached = output_->attach(by, how); !attached) {
      static_cast<void>(group_->remove());
      return attached;
    }
  }
  if (auto launched = launch(*prepared); !launched) {
    failed(launched.error());
    return launched;
  }
  if (wanted.limit) limit_.set(system::now() + std::clamp<nanoseconds>(*wanted.limit, 0ns, duration_max));
  return {};
}

result<void> session::launch(preparation& with) {
  auto const number = [](system::fd const& one, system::fd const& other) {
    return one ? one.get() : other.get();
  };
  auto const& ends = with.ends;
  auto limits = group_->process_limits();
  limit_open_files(limits, needs_.open_files());
  spawn_request request{.argv = std::move(with.plan.argv),
                        .environment = std::move(with.plan.environment),
                        .directory = std::move(with.plan.directory),
                        .input = ends.input.get(),
                        .output = number(ends.output, ends.input),
                        .errors = number(ends.errors, ends.input),
                        .session = spawn_session::own_session,
                        .controlling_terminal = terminal_.has_value(),
                        .umask = {},
                        .limits = std::move(limits),
                        .oom_score_adjust = needs_.oom_score_adjust,
                        .user = std::move(with.plan.user),
                        .place = group_->place(),
                        .mark = {}};
  needs_.append({.fact = "session.opened", .session = name_, .message = command_text(command_, label_)});
  record({.fact = "process.intended", .run = the_run});
  auto made = spawn(request);
  if (!made) return std::unexpected(made.error());
  pid_ = made->pid;
  auto const seen = system::stat_of(made->pid);
  start_ticks_ = seen ? seen->start_ticks : 0;
  expect_end();
  record({.fact = "process.spawned", .run = the_run, .pid = pid_, .start_ticks = start_ticks_});
  return {};
}

void session::failed(error const& why) {
  needs_.append({.fact = "process.failed", .session = name_, .run = the_run, .message = why.message});
  static_cast<void>(group_->remove());
  group_.reset();
  close(why.message);
}

void session::exited(lifecycle::exit_status status) {
  exit_ = told(status);
  exit_->asked = asked_;
  exit_->oom =
      exit_->how == wire::ended::signal && exit_->value == SIGKILL && group_ && group_->oom_kills() > 0;
  limit_.clear();
  record_exit();
  auto const latest = system::now() + needs_.kill_grace;
  kill_at_ = std::min(kill_at_.value_or(latest), latest);
  // Not now: the process is not reaped yet.
  step_.set(system::now());
}

void session::record_exit() {
  exit_untold_ = false;
  record({.fact = "process.exited", .run = the_run, .pid = pid_, .start_ticks = start_ticks_, .exit = exit_});
}

void session::limit_reached() {
  if (exit_) return;
  if (at_limit_ == wire::on_time_limit::kill) return end(needs_.kill_grace);
  output_->detach(
      {error_code::timed_out, fmt::format("the time limit was reached; session {} goes on", name_), {}, {}});
}

void session::end(milliseconds grace) {
  if (closed()) return;
  asked_ = true;
  auto const latest = system::now() + grace;
  kill_at_ = std::min(kill_at_.value_or(latest), latest);
  step_.set(*kill_at_);
  if (exit_ && output_ && output_->at_end()) step_.set(system::now());
  if (std::exchange(ending_, true) || !group_) return;
  // A shell at a terminal does not heed TERM, but it does when its terminal goes.
  if (terminal_) static_cast<void>(group_->signal(SIGHUP));
  static_cast<void>(group_->signal(SIGTERM));
  static_cast<void>(group_->signal(SIGCONT));
}

void session::step() {
  if (kill_at_ && system::now() >= *kill_at_) return clear();
  if (!closed() && exit_ && output_ && output_->at_end() && nobody_left()) {
    kill_at_.reset();
    return close({});
  }
  if (kill_at_) step_.set(*kill_at_);
}

bool session::nobody_left() {
  auto const left = group_->members(reach::thorough);
  return left && left->empty() && let_go();
}

bool session::let_go() {
  if (!group_->remove()) return false;
  group_.reset();
  return true;
}

// Kills, until nobody is left.
void session::clear() {
  auto const outcome = group_->kill(reach::thorough);
  // While the end of a main process that was killed has yet to be told, it is not over.
  bool const emptied = outcome && *outcome == kill_outcome::emptied && exit_ && let_go();
  kill_at_.reset();
  if (!emptied) {
    auto const wait = std::min<nanoseconds>(first_wait * (1 << std::min(kill_tries_, 7)), longest_wait);
    ++kill_tries_;
    kill_at_ = system::now() + wait;
    step_.set(*kill_at_);
    if (kill_tries_ < tries_told || !exit_) return;
  }
  if (closed()) return later_();
  if (output_) output_->finish();
  if (exit_untold_) record_exit();
  close(emptied ? trouble_ : leftovers(outcome));
}

std::string session::leftovers(result<kill_outcome> const& killed) {
  if (!killed) return fmt::format("what is left of it could not be ended: {}", killed.error().message);
  auto const left = group_->members(reach::thorough);
  if (!left || left->empty()) return {};
  return fmt::format("killed, but still there: {}", fmt::join(*left, ", "));
}

void session::close(std::string message) {
  closed_at_ = system::now();
  limit_.clear();
  record({.fact = "session.closed", .message = std::move(message)});
  later_();
}

result<void> session::attach(connection& by, wire::session_attach const& how) {
  constexpr int viewers_max = 16;
  if (!output_)
    return fail(error_code::invalid_state, fmt::format("nothing is kept of the output of session {}", name_));
  if (output_->viewers() >= viewers_max)
    return fail(error_code::limit_reached, fmt::format("session {} has {} viewers", name_, viewers_max));
  return output_->attach(by, how);
}

result<void> session::resize(connection const& by, wire::terminal_size size) {
  if (!terminal_ || !output_)
    return fail(error_code::invalid_state, fmt::format("session {} has no terminal", name_));
  return output_->resize(by, size);
}

result<void> session::signal(int number, bool tree) {
  if (number < 1 || number > SIGRTMAX)
    return fail(error_code::value_out_of_range, fmt::format("{} is no signal", number));
  if (tree && group_) {
    if (ends_most(number)) asked_ = true;
    return group_->signal(number);
  }
  if (exit_ || pid_ == 0) return fail(error_code::invalid_state, fmt::format("session {} has ended", name_));
  if (ends_most(number)) asked_ = true;
  // A child that was not reaped: the number is its own.
  if (::kill(static_cast<pid_t>(pid_), number) != 0)
    return system::fail_errno(fmt::format("send signal {} to process {}", number, pid_));
  return {};
}

void session::sweep() {
  if (output_) output_->sweep();
}

void session::look() {
  if (group_) static_cast<void>(group_->members());
}

wire::session_status session::status() const {
  return {.session = name_,
          .label = label_,
          .command = command_,
          .terminal = terminal_.has_value(),
          .running = !exit_ && !closed(),
          .pid = pid_,
          .viewers = output_ ? output_->viewers() : 0,
          .opened = opened_,
          .exit = exit_};
}

}  // namespace ostler::keeper

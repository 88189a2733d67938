// A session that another keeper, or another program in this process, had before us.
#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>
#include <utility>

#include "keeper/sessions/exec_output.hpp"
#include "keeper/sessions/session.hpp"
#include "keeper/sessions/terminal_output.hpp"
#include "system/clock.hpp"
#include "system/failure.hpp"

namespace ostler::keeper {
namespace {

void survive_exec(int number) {
  if (number >= 0) ::fcntl(number, F_SETFD, 0);
}

result<system::fd> taken(std::int32_t number, std::string_view session) {
  if (number < 0) return system::fd();
  if (::fcntl(number, F_SETFD, FD_CLOEXEC) != 0)
    return system::fail_errno(fmt::format("take over descriptor {} of session {}", number, session));
  return system::fd(number);
}

}  // namespace

void session::restore(held_run const& held) {
  pid_ = held.pid;
  start_ticks_ = held.start_ticks;
  exit_ = held.exit.value_or(wire::exit_told{});
  // One that was never about to be started has no end to be told.
  exit_untold_ = !held.exit && (held.intended || held.pid != 0);
  // What is kept of its output can still be read.
  if (open_log()) output_ = std::make_unique<exec_output>(output_for(), exec_pipes{});
  kill_at_ = system::now();
  if (auto found = open_group(false); !found) {
    if (exit_untold_) record_exit();
    return close(fmt::format("what is left of it could not be found: {}", found.error().message));
  }
  step_.set(*kill_at_);
}

handed_session session::hand_over() {
  handed_session told{.session = name_,
                      .label = label_,
                      .command = command_,
                      .opened = opened_,
                      .pid = pid_,
                      .start_ticks = start_ticks_,
                      .asked = asked_,
                      .exit = exit_,
                      .closed = closed(),
                      .ending = ending_ || kill_at_,
                      .forget = forget,
                      .limit = {},
                      .at_limit = at_limit_,
                      .terminal = terminal_,
                      .pending = {},
                      .scrollback = {}};
  auto const now = system::now();
  if (limit_.is_set())
    told.limit = std::chrono::duration_cast<milliseconds>(std::max(limit_.when() - now, nanoseconds(0)));
  limit_.clear();
  step_.clear();
  if (output_) output_->hand_over(told);
  for (auto const number : {told.in, told.out, told.err}) survive_exec(number);
  return told;
}

result<void> session::take_over(handed_session handed) {
  auto outcome = resume(std::move(handed));
  if (outcome || closed()) return outcome;
  trouble_ = fmt::format("it could not be taken over: {}", outcome.error().message);
  if (!group_ && !open_group(false)) {
    close(trouble_);
    return outcome;
  }
  kill_at_ = system::now();
  step_.set(*kill_at_);
  return outcome;
}

result<void> session::resume(handed_session handed) {
  label_ = std::move(handed.label);
  command_ = std::move(handed.command);
  opened_ = handed.opened;
  start_ticks_ = handed.start_ticks;
  asked_ = handed.asked;
  exit_ = handed.exit;
  at_limit_ = handed.at_limit;
  terminal_ = handed.terminal;
  forget = handed.forget;
  pid_ = handed.pid;
  if (!exit_) expect_end();
  auto in = taken(handed.in, name_);
  auto out = taken(handed.out, name_);
  auto err = taken(handed.err, name_);
  for (auto const* const one : {&in, &out, &err})
    if (!*one) return std::unexpected(one->error());
  if (auto opened = open_log(); !opened) return opened;
  if (terminal_)
    output_ = std::make_unique<terminal_output>(output_for(),
                                                terminal_start{.ours = std::move(*out),
                                                               .size = *terminal_,
                                                               .pending = std::move(handed.pending),
                                                               .scrollback = std::move(handed.scrollback)});
  else
    output_ = std::make_unique<exec_output>(output_for(), exec_pipes{.in = std::move(*in),
                                                                     .out = std::move(*out),
                                                                     .err = std::move(*err),
                                                                     .pending = std::move(handed.pending)});
  if (handed.closed) closed_at_ = system::now();
  // Of one that is closed there is somebody left, or a group that is empty.
  if (auto found = open_group(false); !found) return found;
  if (handed.closed && nobody_left()) return {};
  if (handed.limit) limit_.set(system::now() + *handed.limit);
  if (handed.ending || handed.closed) {
    ending_ = handed.ending;
    kill_at_ = system::now() + (exit_ ? 0ms : needs_.kill_grace);
  }
  if (exit_ && !kill_at_) kill_at_ = system::now() + needs_.kill_grace;
  if (kill_at_) step_.set(*kill_at_);
  return {};
}

}  // namespace ostler::keeper

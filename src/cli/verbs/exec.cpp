#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <unistd.h>
#include <utility>

#include "cli/refusals.hpp"
#include "cli/text.hpp"
#include "cli/verbs/all.hpp"
#include "cli/verbs/attaching.hpp"
#include "cli/verbs/interrupts.hpp"
#include "cli/verbs/targets.hpp"
#include "cli/verbs/terminal.hpp"
#include "operations/session_operations.hpp"
#include "system/clock.hpp"

namespace ostler::cli {
namespace {

using operations::exec_output;

// As much as a request may carry, with room for the rest of it.
constexpr std::size_t input_max = 768UL * 1024;
// The end of a command is told at once; what it prints meanwhile is asked for after so long, longer while it
// is silent.
constexpr milliseconds shortest_wait{100};
constexpr milliseconds longest_wait{1000};
constexpr std::uint32_t lines_at_once = 5000;

// The codes of `docker run`: what could not be found or run is told apart from what failed by itself.
int exit_code_for(error const& why) {
  if (why.code == error_code::usage || why.code == error_code::instance_unknown)
    return facts(why.code).exit_code;
  if (why.code != error_code::spawn_failed) return exit_exec_failed;
  auto const told = why.message + why.detail;
  return told.find("ENOENT") != std::string::npos ? exit_not_found : exit_cannot_run;
}

int refuse(context const& with, error const& why) {
  auto const& err = with.show().err;
  err.write(with.writes_json() ? refusal_json(why) : refusal_text(why, err));
  return exit_code_for(why);
}

bool wants_terminal(context const& with) {
  auto const& call = with.call();
  if (call.has("no-tty")) return false;
  if (call.has("tty") || call.has("detach")) return true;
  return ::isatty(with.around().input) == 1 && with.show().out.is_terminal();
}

result<int> in_terminal(context& with, operations::instance const& whom) {
  auto const& call = with.call();
  if (call.has("timeout"))
    return fail(error_code::usage, "--timeout is for commands without a terminal", {},
                {"ostler exec -T --timeout …"});
  auto keys = keys_of(call);
  if (!keys) return std::unexpected(keys.error());
  auto const size = size_of_terminal(with.around().output);
  auto const opened = with.ask<operations::terminals_open>({.instance = whom.name,
                                                            .command = call.command,
                                                            .env = call.values("env"),
                                                            .workdir = call.value("workdir").value_or(""),
                                                            .user = call.value("user").value_or(""),
                                                            .service = call.value("service").value_or(""),
                                                            .rows = size.rows,
                                                            .columns = size.columns});
  if (!opened) return std::unexpected(opened.error());
  if (!call.has("detach"))
    return attach_to(with, {.instance = whom.name, .session = opened->id, .keys = std::move(*keys)});
  with.show().out.line(fmt::format("ostler attach {} {}", printable(whom.name), printable(opened->id)));
  return exit_done;
}

result<operations::exec_new> request_of(context const& with, operations::instance const& whom) {
  auto const& call = with.call();
  operations::exec_new out{.instance = whom.name,
                           .command = call.command,
                           .env = call.values("env"),
                           .workdir = call.value("workdir").value_or(""),
                           .user = call.value("user").value_or(""),
                           .service = call.value("service").value_or(""),
                           .at_limit = wire::on_time_limit::kill,
                           // Short, so that the session is known soon and Ctrl-C has somebody to go to.
                           .wait = shortest_wait};
  auto const limit = call.duration("timeout");
  if (!limit) return std::unexpected(limit.error());
  out.limit = *limit;
  if (!call.has("interactive")) return out;
  auto input = read_input(with.around().input, input_max);
  if (!input) return std::unexpected(input.error());
  out.input = std::move(*input);
  return out;
}

void print(context const& with, exec_output const& what) {
  with.show().out.write(what.out);
  with.show().err.write(what.err);
}

// The first Ctrl-C goes to the program, the second ends it with all that it started.
class patience {
 public:
  // False when there is nothing more to wait for.
  bool pass_on(context& with, std::string const& instance, std::string const& session) {
    ++count_;
    auto const signal = count_ == 1 ? "INT" : "KILL";
    // One that has just ended cannot be asked any more, which the next reading tells.
    static_cast<void>(with.ask<operations::exec_kill>(
        {.instance = instance, .session = session, .signal = signal, .tree = count_ > 1}));
    return count_ < 3;
  }

 private:
  int count_ = 0;
};

result<int> without_terminal(context& with, operations::instance const& whom) {
  auto const request = request_of(with, whom);
  if (!request) return std::unexpected(request.error());
  auto const began = system::now();
  auto now = with.ask<operations::exec_start>(*request);
  if (!now) return std::unexpected(now.error());
  auto const signals = interrupts::begin();
  if (!signals) return std::unexpected(signals.error());
  patience heard;
  auto wait = shortest_wait;
  for (;;) {
    print(with, *now);
    wait = now->out.empty() && now->err.empty() ? std::min(wait * 2, longest_wait) : shortest_wait;
    if (!now->running && !now->truncated) break;
    auto daemon = with.daemon();
    if (!daemon) return std::unexpected(daemon.error());
    operations::exec_query const next{.instance = whom.name,
                                      .session = now->session,
                                      .cursor = now->next_cursor,
                                      .lines = lines_at_once,
                                      .wait = wait};
    auto more = (*daemon)->call<operations::exec_read>(next, {.stop_fd = signals->fd()});
    if (!more && more.error().code == error_code::cancelled && signals->take() != 0) {
      if (!heard.pass_on(with, whom.name, now->session)) return exit_interrupted;
      *now = {.session = now->session, .next_cursor = now->next_cursor, .running = true};
      continue;
    }
    if (!more) return std::unexpected(more.error());
    *now = std::move(*more);
  }
  // Nobody tells why it was killed; but who is killed after his time was killed for it.
  bool const killed = now->exit && now->exit->how == wire::ended::signal;
  bool const out_of_time = killed && request->limit && system::now() - began >= *request->limit;
  return out_of_time ? static_cast<int>(exit_time_over) : exit_code_of(now->exit);
}

}  // namespace

result<int> exec(context& with) {
  auto const& call = with.call();
  auto const whom = find_instance(with, call.operands.empty() ? "" : call.operands.front());
  if (!whom) return refuse(with, whom.error());
  auto const ended = wants_terminal(with) ? in_terminal(with, *whom) : without_terminal(with, *whom);
  return ended ? *ended : refuse(with, ended.error());
}

}  // namespace ostler::cli

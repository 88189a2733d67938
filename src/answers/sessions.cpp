#include "answers/sessions.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "answers/groups.hpp"
#include "base/name.hpp"
#include "operations/session_operations.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::answers {
namespace {

// Whatever the keeper does with a request that it answers with nothing but yes.
template <class Params>
task<result<operations::done>> tell(answer_needs const* needs, std::string instance, control::caller who,
                                    std::string_view verb, Params params) {
  auto const where = reach(needs, instance, who);
  if (!where) co_return std::unexpected(where.error());
  auto const done = co_await where->keeper->ask<wire::nothing>(verb, std::move(params));
  if (!done) co_return std::unexpected(done.error());
  co_return operations::done{};
}

task<result<operations::session_list>> list(answer_needs const* needs, operations::instance_named asked,
                                            control::caller who) {
  auto const where = reach(needs, asked.instance, who);
  if (!where) co_return std::unexpected(where.error());
  auto const status = co_await where->keeper->ask<wire::keeper_status>("status", wire::nothing{});
  if (!status) co_return std::unexpected(status.error());
  operations::session_list out;
  for (auto const& each : status->sessions) out.sessions.push_back(told(each, where->name));
  co_return out;
}

task<result<operations::session>> kill(answer_needs const* needs, operations::exec_signal asked,
                                       control::caller who) {
  auto const where = reach(needs, asked.instance, who);
  if (!where) co_return std::unexpected(where.error());
  wire::signal_params how{
      .service = {}, .session = asked.session, .signal = asked.signal, .tree = asked.tree};
  auto const done = co_await where->keeper->ask<wire::nothing>("signal", std::move(how));
  if (!done) co_return std::unexpected(done.error());
  co_return co_await find_session(*where, asked.session);
}

// The shell that the user of the place has chosen; else whichever is there.
constexpr std::string_view login_shell = "exec \"${SHELL:-$(command -v bash || echo /bin/sh)}\" -l";

task<result<operations::session>> open_terminal(answer_needs const* needs, operations::terminal_new asked,
                                                control::caller who) {
  auto const where = reach(needs, asked.instance, who);
  if (!where) co_return std::unexpected(where.error());
  wire::exec_start how{.command = std::move(asked.command),
                       .shell = asked.shell,
                       .env = std::move(asked.env),
                       .workdir = asked.workdir,
                       .user = asked.user,
                       .terminal = wire::terminal_size{.rows = asked.rows, .columns = asked.columns}};
  how.service = asked.service;
  how.label = asked.label.empty() ? "shell" : asked.label;
  if (how.command.empty()) {
    how.command = {std::string(login_shell)};
    how.shell = true;
  }
  auto const begun = co_await where->keeper->ask<wire::exec_started>("exec.start", std::move(how));
  if (!begun) co_return std::unexpected(begun.error());
  co_return co_await find_session(*where, begun->session);
}

}  // namespace

operations::session told(wire::session_status const& status, std::string const& instance) {
  operations::session out;
  out.id = status.session;
  out.kind = status.terminal ? operations::session_kind::terminal : operations::session_kind::exec;
  out.instance = instance;
  out.label = status.label;
  out.command = status.command;
  out.running = status.running;
  out.pid = status.running ? status.pid : 0;
  out.viewers = static_cast<std::uint32_t>(std::max(status.viewers, 0));
  out.opened = status.opened;
  out.exit = status.exit;
  // What ended and told nobody how.
  if (!out.running && !out.exit) out.exit = wire::exit_told{};
  if (status.terminal) out.attach_command = fmt::format("ostler attach {} {}", instance, status.session);
  return out;
}

task<result<operations::session>> find_session(reached where, std::string session) {
  auto const status = co_await where.keeper->ask<wire::keeper_status>("status", wire::nothing{});
  if (!status) co_return std::unexpected(status.error());
  auto const found = std::ranges::find(status->sessions, session, &wire::session_status::session);
  if (found != status->sessions.end()) co_return told(*found, where.name);
  co_return fail(error_code::session_unknown,
                 fmt::format("{} has no session {}", where.name, in_quotes(session)));
}

void bind_sessions(control::bindings& into, answer_needs const& needs) {
  using namespace operations;
  into.bind<sessions_list>([needs = &needs](auto asked, auto who) { return list(needs, asked, who); });
  into.bind<exec_kill>([needs = &needs](auto asked, auto who) { return kill(needs, asked, who); });
  into.bind<terminals_open>(
      [needs = &needs](auto asked, auto who) { return open_terminal(needs, asked, who); });
  into.bind<terminals_resize>([needs = &needs](terminal_resize asked, control::caller who) {
    wire::session_resize how{.session = asked.session,
                             .terminal = {.rows = asked.rows, .columns = asked.columns}};
    return tell(needs, asked.instance, std::move(who), "session.resize", std::move(how));
  });
  into.bind<terminals_close>([needs = &needs](operations::session_named asked, control::caller who) {
    return tell(needs, asked.instance, std::move(who), "session.close",
                wire::session_named{.session = asked.session});
  });
}

}  // namespace ostler::answers

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "cli/text.hpp"
#include "cli/verbs/all.hpp"
#include "cli/verbs/attaching.hpp"
#include "cli/verbs/targets.hpp"
#include "cli/verbs/terminal.hpp"
#include "cli/verbs/waiting.hpp"
#include "operations/instance_operations.hpp"
#include "operations/session_operations.hpp"

namespace ostler::cli {
namespace {

result<operations::instance> running(context& with, operations::instance what) {
  if (what.state == operations::instance_state::running || what.state == operations::instance_state::starting)
    return what;
  with.note(fmt::format("{} is started first", printable(what.name)));
  auto const taken = with.ask<operations::instances_start>({.instance = what.name});
  if (!taken) return std::unexpected(taken.error());
  auto const end =
      wait_for(with, {{.instance = what.name, .conditions = {{.kind = condition_kind::running}}}}, {});
  if (!end) return std::unexpected(end.error());
  if (end->last.empty())
    return fail(error_code::instance_unknown, fmt::format("{} was removed meanwhile", what.name));
  if (end->end == wait_end::reached) return end->last.front();
  if (end->end == wait_end::interrupted)
    return fail(error_code::cancelled, "the waiting was stopped; it starts in the background");
  return std::unexpected(why_not(end->last.front()));
}

}  // namespace

result<int> shell(context& with) {
  auto const& call = with.call();
  auto const keys = keys_of(call);
  if (!keys) return std::unexpected(keys.error());
  auto found = find_instance(with, call.operands.empty() ? "" : call.operands.front());
  if (!found) return std::unexpected(found.error());
  auto const whom = running(with, std::move(*found));
  if (!whom) return std::unexpected(whom.error());
  if (whom->state == operations::instance_state::starting)
    with.note("Setup is still running; tools may be missing");
  auto const size = size_of_terminal(with.around().output);
  auto const opened = with.ask<operations::terminals_open>({.instance = whom->name,
                                                            .command = {"exec \"${SHELL:-/bin/sh}\" -l"},
                                                            .shell = true,
                                                            .env = call.values("env"),
                                                            .workdir = call.value("workdir").value_or(""),
                                                            .user = call.value("user").value_or(""),
                                                            .service = call.value("service").value_or(""),
                                                            .rows = size.rows,
                                                            .columns = size.columns,
                                                            .label = "shell"});
  if (!opened) return std::unexpected(opened.error());
  return attach_to(with, {.instance = whom->name, .session = opened->id, .keys = *keys});
}

result<int> attach(context& with) {
  auto const& call = with.call();
  auto const keys = keys_of(call);
  if (!keys) return std::unexpected(keys.error());
  auto const whom = find_instance(with, call.operands.empty() ? "" : call.operands.front());
  if (!whom) return std::unexpected(whom.error());
  auto const listed = with.ask<operations::sessions_list>({.instance = whom->name});
  if (!listed) return std::unexpected(listed.error());
  auto const wanted = call.operands.size() > 1 ? call.operands[1] : std::string();
  std::vector<operations::session const*> fit;
  std::string lines;
  for (auto const& one : listed->sessions) {
    if (one.kind == operations::session_kind::exec || !one.running) continue;
    lines += fmt::format("{}{}  {}", lines.empty() ? "" : "\n", one.id, one.label);
    if (wanted.empty() || one.id == wanted || one.label == wanted) fit.push_back(&one);
  }
  if (fit.empty())
    return fail(error_code::session_unknown,
                wanted.empty() ? fmt::format("no terminal runs in {}", whom->name)
                               : fmt::format("no terminal {} runs in {}", wanted, whom->name),
                lines, {fmt::format("ostler shell {}", whom->name)});
  if (fit.size() > 1)
    return fail(error_code::usage, fmt::format("several terminals run in {}; say which one", whom->name),
                lines);
  return attach_to(
      with,
      {.instance = whom->name, .session = fit.front()->id, .keys = *keys, .only_look = call.has("no-stdin")});
}

}  // namespace ostler::cli

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <optional>
#include <utility>

#include "cli/instance_text.hpp"
#include "cli/refusals.hpp"
#include "cli/spans.hpp"
#include "cli/text.hpp"
#include "cli/verbs/all.hpp"
#include "cli/verbs/attaching.hpp"
#include "cli/verbs/json_out.hpp"
#include "cli/verbs/project_files.hpp"
#include "cli/verbs/targets.hpp"
#include "cli/verbs/up_agent.hpp"
#include "cli/verbs/up_change.hpp"
#include "cli/verbs/up_request.hpp"
#include "cli/verbs/waiting.hpp"
#include "config/disk.hpp"
#include "operations/instance_operations.hpp"

namespace ostler::cli {
namespace {

using operations::instance;
using operations::instance_made;

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

void tell_settings(context const& with, config::loaded_project const& from) {
  if (!from.from.file) {
    with.note("No settings here: the instance has no services.");
    with.hint("`ostler init` writes a ostler.toml you can edit.");
    return;
  }
  auto const name = printable(last_part(from.from.file->path));
  if (from.from.file->kind == config::file_kind::ostler) {
    with.note("Using " + name + ".");
    return;
  }
  with.note(fmt::format(
      "No ostler.toml here. Using {} for this run. `ostler init` writes a ostler.toml you can edit.", name));
  for (auto const& one : from.not_mapped)
    with.note(fmt::format("  {}:{}: {}", name, one.line, printable(one.what)));
}

struct plan {
  std::vector<std::string> names;
  operations::instance_new what;
  milliseconds limit{};
  // Of each of the names, when there is one.
  std::optional<agent_start> agent;
  std::map<std::string, std::string> prompts;
  // That leave its terminal.
  detach_keys keys;
};

constexpr std::size_t input_max = 1024UL * 1024;

result<void> plan_agents(context const& with, config::project const& project, plan& out) {
  auto agent = agent_for(project, with.call(), [&] { return read_input(with.around().input, input_max); });
  if (!agent) return std::unexpected(agent.error());
  out.agent = std::move(*agent);
  if (!out.agent) return {};
  if (with.call().has("attach") && out.names.size() > 1)
    return fail(error_code::usage, "--attach: one terminal at a time; several instances are asked for");
  auto keys = keys_of(with.call());
  if (!keys) return std::unexpected(keys.error());
  out.keys = std::move(*keys);
  for (auto const& name : out.names) {
    auto prompt = prompt_for(*out.agent, name, with.around().directory);
    if (!prompt) return std::unexpected(prompt.error());
    out.prompts.emplace(name, std::move(*prompt));
  }
  return {};
}

result<plan> make_plan(context const& with, config::loaded_project const& from) {
  auto names = names_for(with.call(), from.from.directory);
  if (!names) return std::unexpected(names.error());
  config::disk const files;
  auto request = request_for(from, with.call(), with.around().directory,
                             [&](auto const& path) { return files.is_there(path); });
  if (!request) return std::unexpected(request.error());
  auto const limit = with.call().duration("timeout");
  if (!limit) return std::unexpected(limit.error());
  plan out{.names = std::move(*names), .what = std::move(*request), .limit = limit->value_or(0ms)};
  if (auto const planned = plan_agents(with, from.what, out); !planned)
    return std::unexpected(planned.error());
  return out;
}

result<int> print_plan(context& with, plan const& what) {
  std::vector<planned_instance> all;
  for (auto const& name : what.names) {
    auto one = what.what;
    one.name = name;
    auto planned = plan_for(with, one);
    if (!planned) return std::unexpected(planned.error());
    if (!with.writes_json()) {
      for (auto const& line : plan_lines(*planned)) with.show().out.line(line);
      if (what.agent)
        with.show().out.line(fmt::format("    agent {}, unless it runs already",
                                         printable(fmt::to_string(fmt::join(what.agent->command, " ")))));
    }
    all.push_back(std::move(*planned));
  }
  if (with.writes_json()) print_json(with, all, all);
  return exit_done;
}

// Those that would keep a running instance from being ready for ever, because nobody else starts them.
std::vector<std::string> services_at_rest(instance const& what) {
  std::vector<std::string> out;
  if (what.state != operations::instance_state::running) return out;
  for (auto const& one : what.services) {
    bool const rests =
        one.state == operations::service_state::stopped || one.state == operations::service_state::error;
    if (rests && one.kind == wire::service_kind_told::service) out.push_back(one.name);
  }
  return out;
}

result<instance_made> create(context& with, operations::instance_new const& wanted) {
  auto made = with.ask<operations::instances_create>(wanted);
  if (!made && made.error().code == error_code::name_taken)
    made = bring_up_to_date(with, wanted, made.error());
  if (!made || made->created) return made;
  bool const is_up = made->instance.wanted == operations::instance_wanted::running;
  if (is_up && with.call().has("recreate")) {
    auto again = restart_whole(with, wanted.name);
    if (!again) return std::unexpected(again.error());
    made->instance = std::move(*again);
    return made;
  }
  auto const resting = services_at_rest(made->instance);
  bool const failed = made->instance.state == operations::instance_state::failed;
  if (is_up && !failed && resting.empty()) return made;
  auto started = with.ask<operations::instances_start>({.instance = wanted.name, .services = resting});
  if (!started) return std::unexpected(started.error());
  made->instance = std::move(*started);
  return made;
}

struct outcome {
  std::vector<instance_made> made;
  std::optional<error> first_refusal;
};

outcome create_all(context& with, plan const& what) {
  outcome out;
  for (auto const& name : what.names) {
    auto one = what.what;
    one.name = name;
    auto made = create(with, one);
    if (made) {
      for (auto const& warning : made->warnings) with.note("note: " + printable(warning));
      out.made.push_back(std::move(*made));
      continue;
    }
    auto const& err = with.show().err;
    if (what.names.size() > 1)
      err.write(with.writes_json() ? refusal_json(made.error()) : refusal_text(made.error(), err));
    if (!out.first_refusal) out.first_refusal = std::move(made.error());
  }
  return out;
}

void print_made(context const& with, outcome const& all) {
  if (!with.writes_json()) return;
  if (all.made.size() == 1)
    print_json(with, all.made.front());
  else
    print_json(with, all.made, all.made);
}

// What is running, and where to find it.
void tell_ready(context const& with, instance const& what, std::optional<milliseconds> took) {
  if (with.writes_json() || with.show().quiet) return;
  auto const& out = with.show().out;
  auto const sign = out.paint(role::ok, "✔");
  out.line(took ? fmt::format("{} {} is ready in {}", sign, printable(what.name), elapsed(*took))
                : fmt::format("{} {}  {}", sign, printable(what.name), printable(what.message)));
  std::size_t width = 0;
  for (auto const& one : what.services) width = std::max(width, columns_of(printable(one.name)));
  for (auto const& one : what.services)
    out.line(fmt::format("  {}  {}{}", padded(printable(one.name), width), printable(one.message),
                         one.url.empty() ? "" : "   " + printable(one.url)));
}

error with_way_back(instance const& what) {
  auto why = why_not(what);
  why.hints = {fmt::format("ostler logs {}", what.name), fmt::format("ostler shell {}", what.name),
               fmt::format("ostler up {}", what.name)};
  return why;
}

void tell_failed(context const& with, instance const& what) {
  auto const& err = with.show().err;
  auto const why = with_way_back(what);
  if (with.writes_json()) return err.write(refusal_json(why));
  err.line(
      fmt::format("{} {}  {}", err.paint(role::failure, "✘"), printable(what.name), printable(why.message)));
  err.line(fmt::format("  kept for inspection: ostler shell {0} · ostler logs {0} · ostler up {0} (retry)",
                       printable(what.name)));
}

struct agents_started {
  // The first that there was.
  std::optional<error> failure;
  // Of the last one.
  std::string session;
};

// In all that are ready.
agents_started start_agents(context& with, plan const& what, outcome const& all) {
  agents_started out;
  for (auto const& one : all.made) {
    if (!one.ready) continue;
    auto const& name = one.instance.name;
    auto const& prompt = what.prompts.at(name);
    auto started = start_agent(with, name, words_of(*what.agent, prompt));
    if (started && started->was_there && !prompt.empty())
      started = fail(error_code::invalid_state,
                     fmt::format("the agent of {} runs already; it was not given the prompt", name), {},
                     {fmt::format("ostler attach {} {}", name, agent_label)});
    if (started) {
      out.session = started->session;
      if (!with.writes_json() && !with.show().quiet)
        with.show().out.line(fmt::format("  {}  ostler attach {} {}", agent_label, name, agent_label));
      continue;
    }
    auto why = started.error();
    if (all.made.size() > 1) {
      auto const& err = with.show().err;
      err.write(with.writes_json() ? refusal_json(why) : refusal_text(why, err));
    }
    if (!out.failure) out.failure = std::move(why);
  }
  return out;
}

// Whether what was asked for holds is known only when it runs.
void tell_warnings(context& with, instance_made& one) {
  auto now = with.ask<operations::instances_get>({.instance = one.instance.name});
  if (!now) return;
  one.instance = std::move(*now);
  for (auto const& warning : one.instance.warnings) {
    if (std::ranges::find(one.warnings, warning) != one.warnings.end()) continue;
    with.note("note: " + printable(warning));
    one.warnings.push_back(warning);
  }
}

result<int> finish(context& with, outcome& all, waited const& end, plan const& what) {
  auto const limit = what.limit;
  std::optional<error> failure;
  for (auto& one : all.made) {
    auto const last = std::ranges::find(end.last, one.instance.id, &instance::id);
    if (last != end.last.end()) one.instance = *last;
    one.ready = last != end.last.end() && is_ready(*last);
    if (one.ready)
      tell_ready(with, one.instance, all.made.size() == 1 ? std::optional(end.took) : std::nullopt);
    if (one.ready) tell_warnings(with, one);
    if (one.ready) continue;
    if (all.made.size() > 1) tell_failed(with, one.instance);
    if (!failure) failure = with_way_back(one.instance);
  }
  print_made(with, all);
  if (end.end == wait_end::time_over)
    return fail(error_code::timed_out,
                fmt::format("not ready within {}; it goes on in the background", format_duration(limit)), {},
                {"ostler ls", "ostler wait NAME"});
  agents_started agents;
  if (what.agent) agents = start_agents(with, what, all);
  if (!failure) failure = std::move(agents.failure);
  if (!failure && !all.first_refusal && with.call().has("attach"))
    return attach_to(with, {.instance = all.made.front().instance.name,
                            .session = std::move(agents.session),
                            .keys = what.keys});
  if (!failure) {
    with.hint("  next:   ostler logs -f · ostler down");
    return all.first_refusal ? facts(all.first_refusal->code).exit_code : static_cast<int>(exit_done);
  }
  if (all.made.size() == 1) return std::unexpected(*failure);
  return exit_failed;
}

}  // namespace

result<int> up(context& with) {
  auto const from = load_project(with);
  if (!from) return std::unexpected(from.error());
  tell_settings(with, *from);
  auto const what = make_plan(with, *from);
  if (!what) return std::unexpected(what.error());
  if (with.call().has("dry-run")) return print_plan(with, *what);
  if (auto const agreed = ensure_trusted(with, *from); !agreed) return std::unexpected(agreed.error());

  auto all = create_all(with, *what);
  if (all.made.empty()) return std::unexpected(*all.first_refusal);
  if (with.call().has("detach")) {
    for (auto const& one : all.made) tell_ready(with, one.instance, std::nullopt);
    print_made(with, all);
    return all.first_refusal ? facts(all.first_refusal->code).exit_code : static_cast<int>(exit_done);
  }
  std::vector<awaited> whom;
  for (auto const& one : all.made)
    whom.push_back({.instance = one.instance.name, .conditions = {{.kind = condition_kind::ready}}});
  auto const end = wait_for(with, whom, {.limit = what->limit});
  if (!end) return std::unexpected(end.error());
  if (end->end == wait_end::interrupted) {
    with.show().err.line(fmt::format("Still starting in the background. Stop it: ostler down {}",
                                     printable(whom.front().instance)));
    return exit_interrupted;
  }
  return finish(with, all, *end, *what);
}

}  // namespace ostler::cli

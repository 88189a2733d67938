#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "cli/refusals.hpp"
#include "cli/text.hpp"
#include "cli/verbs/all.hpp"
#include "cli/verbs/json_out.hpp"
#include "cli/verbs/targets.hpp"
#include "cli/verbs/waiting.hpp"
#include "operations/instance_operations.hpp"

namespace ostler::cli {
namespace {

using operations::instance;

result<std::vector<instance>> targets_of(context& with) {
  std::vector<instance> out;
  if (!with.call().has("all")) {
    auto names = with.call().operands;
    if (names.empty()) names.emplace_back();
    for (auto const& name : names) {
      auto one = find_instance(with, name, naming::whole);
      if (!one) return std::unexpected(one.error());
      out.push_back(std::move(*one));
    }
    return out;
  }
  if (!with.call().operands.empty())
    return fail(error_code::usage, "--all and names exclude each other", {},
                {"ostler down --all", "ostler down NAME"});
  auto const all = all_instances(with);
  if (!all) return std::unexpected(all.error());
  auto const project = project_directory(with);
  std::ranges::copy_if(*all, std::back_inserter(out),
                       [&](auto const& one) { return one.project == project; });
  return out;
}

std::string names_of(std::vector<instance> const& all) {
  std::string out;
  for (auto const& one : all) out += fmt::format("{}{}", out.empty() ? "" : ", ", printable(one.name));
  return out;
}

// What was asked of each, and what came of it.
struct asked_removals {
  std::vector<instance> leaving;
  std::optional<error> first_refusal;
};

void show_refusal(context const& with, error const& why) {
  auto const& err = with.show().err;
  err.write(with.writes_json() ? refusal_json(why) : refusal_text(why, err));
}

asked_removals ask_all(context& with, std::vector<instance> const& all) {
  asked_removals out;
  for (auto const& one : all) {
    auto const taken =
        with.ask<operations::instances_delete>({.instance = one.name,
                                                .force = with.call().has("force"),
                                                .delete_branch = with.call().has("delete-branch"),
                                                .confirm = one.name});
    if (taken) {
      out.leaving.push_back(*taken);
      continue;
    }
    // With several, each refusal is told and the others go on; the last word is the exit code.
    if (all.size() > 1) show_refusal(with, taken.error());
    if (!out.first_refusal) out.first_refusal = taken.error();
  }
  return out;
}

result<int> wait_until_gone(context& with, std::vector<instance> const& leaving, milliseconds limit) {
  std::vector<awaited> whom;
  for (auto const& one : leaving)
    whom.push_back({.instance = one.name, .conditions = {{.kind = condition_kind::deleted}}});
  auto const end = wait_for(with, whom, {.limit = limit});
  if (!end) return std::unexpected(end.error());
  if (end->end == wait_end::interrupted) {
    with.show().err.line(
        fmt::format("Still going down in the background: {}. See: ostler ls", names_of(end->last)));
    return exit_interrupted;
  }
  if (end->end == wait_end::time_over)
    return fail(error_code::timed_out,
                fmt::format("not gone within {}: {}", format_duration(limit), names_of(end->last)), {},
                {"ostler ls", "ostler leaks"});
  return exit_done;
}

// Checked in the world: an instance whose removal failed is still there.
result<int> tell_end(context& with, std::vector<instance> const& leaving) {
  auto const now = all_instances(with);
  if (!now) return std::unexpected(now.error());
  std::vector<instance> gone;
  for (auto const& one : leaving) {
    auto const left = std::ranges::find(*now, one.id, &instance::id);
    if (left != now->end()) return std::unexpected(why_not(*left));
    gone.push_back(one);
  }
  if (with.writes_json())
    print_json(with, gone, gone);
  else if (!gone.empty() && !with.show().quiet)
    with.show().out.line(names_of(gone) + ": stopped and removed");
  return exit_done;
}

}  // namespace

result<int> down(context& with) {
  auto const limit = with.call().duration("timeout");
  if (!limit) return std::unexpected(limit.error());
  auto const all = targets_of(with);
  if (!all) return std::unexpected(all.error());
  if (all->empty()) {
    with.note("There is no instance of this project.");
    return exit_done;
  }
  if (with.call().has("dry-run")) {
    if (with.writes_json())
      print_json(with, *all, *all);
    else
      for (auto const& one : *all) with.show().out.line("- remove " + printable(one.name));
    return exit_done;
  }
  if (with.call().has("all")) {
    auto const sure = with.confirm(fmt::format("Stop and remove {}?", names_of(*all)),
                                   "remove all instances of this project");
    if (!sure) return std::unexpected(sure.error());
    if (!*sure) return exit_failed;
  }
  auto const asked = ask_all(with, *all);
  if (asked.first_refusal && all->size() == 1) return std::unexpected(*asked.first_refusal);
  if (!asked.leaving.empty() && !with.call().has("detach")) {
    auto const waited = wait_until_gone(with, asked.leaving, limit->value_or(0ms));
    if (!waited || *waited != exit_done) return waited;
    auto const told = tell_end(with, asked.leaving);
    if (!told) return told;
  }
  return asked.first_refusal ? facts(asked.first_refusal->code).exit_code : static_cast<int>(exit_done);
}

}  // namespace ostler::cli

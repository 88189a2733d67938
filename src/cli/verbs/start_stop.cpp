#include <fmt/format.h>
#include <functional>
#include <utility>

#include "cli/instance_text.hpp"
#include "cli/text.hpp"
#include "cli/verbs/all.hpp"
#include "cli/verbs/json_out.hpp"
#include "cli/verbs/targets.hpp"
#include "cli/verbs/waiting.hpp"
#include "operations/instance_operations.hpp"

namespace ostler::cli {
namespace {

using operations::instance;

struct named {
  instance whom;
  std::vector<std::string> services;
};

result<named> target_of(context& with) {
  auto const& words = with.call().operands;
  auto found = find_instance(with, words.empty() ? "" : words.front());
  if (!found) return std::unexpected(found.error());
  named out{.whom = std::move(*found), .services = {}};
  if (!words.empty()) out.services.assign(words.begin() + 1, words.end());
  return out;
}

std::vector<condition> conditions_for(named const& what, condition_kind kind) {
  if (what.services.empty()) return {{.kind = kind}};
  std::vector<condition> out;
  for (auto const& one : what.services) out.push_back({.kind = kind, .service = one});
  return out;
}

struct ending_words {
  std::string_view still;
  std::string_view undo;
};

void tell(context const& with, instance const& last) {
  if (with.writes_json())
    print_json(with, last);
  else if (!with.show().quiet)
    with.show().out.line(fmt::format("{}  {}{}", printable(last.name), printable(last.message),
                                     url_of(last).empty() ? "" : "  " + printable(url_of(last))));
}

result<int> finish(context& with, named const& what, condition_kind kind, milliseconds limit,
                   ending_words const& words) {
  std::vector<awaited> whom{{.instance = what.whom.name, .conditions = conditions_for(what, kind)}};
  auto const end = wait_for(with, whom, {.limit = limit});
  if (!end) return std::unexpected(end.error());
  if (end->end == wait_end::interrupted) {
    with.show().err.line(fmt::format("{} in the background. {}", words.still, words.undo));
    return exit_interrupted;
  }
  if (end->last.empty())
    return fail(error_code::instance_unknown, fmt::format("{} was removed meanwhile", what.whom.name));
  auto const& last = end->last.front();
  if (end->end == wait_end::time_over)
    return fail(error_code::timed_out,
                fmt::format("{}: {} after {}", last.name, last.message, format_duration(limit)), last.detail,
                {fmt::format("ostler status {}", last.name)});
  if (end->end == wait_end::failed) return std::unexpected(why_not(last));
  tell(with, last);
  return exit_done;
}

result<milliseconds> limit_of(context const& with) {
  auto const limit = with.call().duration("timeout");
  if (!limit) return std::unexpected(limit.error());
  return limit->value_or(0ms);
}

result<operations::instance_stop> stop_request(context const& with, named const& what) {
  auto const grace = with.call().duration("timeout");
  if (!grace) return std::unexpected(grace.error());
  return operations::instance_stop{.instance = what.whom.name, .services = what.services, .grace = *grace};
}

}  // namespace

result<int> start(context& with) {
  auto const limit = limit_of(with);
  if (!limit) return std::unexpected(limit.error());
  auto const what = target_of(with);
  if (!what) return std::unexpected(what.error());
  auto const taken =
      with.ask<operations::instances_start>({.instance = what->whom.name, .services = what->services});
  if (!taken) return std::unexpected(taken.error());
  if (with.call().has("detach")) {
    tell(with, *taken);
    return exit_done;
  }
  auto const undo = fmt::format("Stop it: ostler stop {}", what->whom.name);
  return finish(with, *what, condition_kind::ready, *limit, {.still = "Still starting", .undo = undo});
}

result<int> stop(context& with) {
  auto const what = target_of(with);
  if (!what) return std::unexpected(what.error());
  auto request = stop_request(with, *what);
  if (!request) return std::unexpected(request.error());
  request->force = with.call().has("force");
  auto const taken = with.ask<operations::instances_stop>(*request);
  if (!taken) return std::unexpected(taken.error());
  if (with.call().has("detach")) {
    tell(with, *taken);
    return exit_done;
  }
  auto const undo = fmt::format("See how it goes: ostler status {}", what->whom.name);
  return finish(with, *what, condition_kind::stopped, 0ms, {.still = "Still stopping", .undo = undo});
}

result<int> restart(context& with) {
  auto const what = target_of(with);
  if (!what) return std::unexpected(what.error());
  auto request = stop_request(with, *what);
  if (!request) return std::unexpected(request.error());
  bool const detached = with.call().has("detach");
  // What is ready before it has stopped would be taken for what is ready again; the daemon knows which.
  constexpr milliseconds longest = 10min;
  if (!detached) request->wait = longest;
  auto const taken = with.ask<operations::instances_restart>(*request, detached ? 60s : longest + 60s);
  if (!taken) return std::unexpected(taken.error());
  if (detached) {
    tell(with, *taken);
    return exit_done;
  }
  auto const undo = fmt::format("See how it goes: ostler status {}", what->whom.name);
  return finish(with, *what, condition_kind::ready, 0ms, {.still = "Still starting", .undo = undo});
}

}  // namespace ostler::cli

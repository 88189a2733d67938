#include <fmt/format.h>
#include <utility>

#include "cli/text.hpp"
#include "cli/verbs/all.hpp"
#include "cli/verbs/json_out.hpp"
#include "cli/verbs/targets.hpp"
#include "cli/verbs/waiting.hpp"

namespace ostler::cli {
namespace {

result<std::vector<condition>> conditions_of(context const& with) {
  std::vector<condition> out;
  for (auto const& text : with.call().values("for")) {
    auto one = parse_condition(text);
    if (!one) return std::unexpected(one.error());
    out.push_back(std::move(*one));
  }
  if (out.empty()) out.push_back({.kind = condition_kind::ready, .text = "ready"});
  return out;
}

// One that is to be gone may be gone already.
result<std::string> name_of(context& with, std::string const& given, std::vector<condition> const& wanted) {
  auto const found = find_instance(with, given);
  if (found) return found->name;
  bool const gone_is_fine = found.error().code == error_code::instance_unknown && !given.empty() &&
                            wanted.front().kind == condition_kind::deleted;
  if (gone_is_fine) return given;
  return std::unexpected(found.error());
}

std::string told(std::vector<operations::instance> const& all) {
  std::string out;
  for (auto const& one : all) out += fmt::format("{}{}: {}", out.empty() ? "" : "\n", one.name, one.message);
  return out;
}

}  // namespace

result<int> wait(context& with) {
  auto const conditions = conditions_of(with);
  if (!conditions) return std::unexpected(conditions.error());
  auto const limit = with.call().duration("timeout");
  if (!limit) return std::unexpected(limit.error());
  auto names = with.call().operands;
  if (names.empty()) names.emplace_back();
  std::vector<awaited> whom;
  for (auto const& one : names) {
    auto name = name_of(with, one, *conditions);
    if (!name) return std::unexpected(name.error());
    whom.push_back({.instance = std::move(*name), .conditions = *conditions});
  }
  auto const end = wait_for(with, whom, {.limit = limit->value_or(0ms), .any = with.call().has("any")});
  if (!end) return std::unexpected(end.error());
  if (with.writes_json()) print_json(with, end->last, end->last);
  switch (end->end) {
    case wait_end::reached: return exit_done;
    case wait_end::interrupted: return exit_interrupted;
    case wait_end::time_over:
      return fail(error_code::timed_out,
                  fmt::format("it did not become so within {}", format_duration(**limit)), told(end->last));
    case wait_end::failed:
      with.note(fmt::format("it will not become so\n{}", printable_lines(told(end->last))));
      return exit_not_so;
  }
  return exit_failed;
}

}  // namespace ostler::cli

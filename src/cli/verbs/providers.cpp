#include <boost/describe.hpp>
#include <fmt/format.h>

#include "cli/table.hpp"
#include "cli/text.hpp"
#include "cli/verbs/all.hpp"
#include "cli/verbs/json_out.hpp"
#include "operations/daemon_operations.hpp"

namespace ostler::cli {
namespace {

int print_report(context const& with, operations::doctor_report const& what) {
  int const code = what.healthy ? exit_done : exit_failed;
  if (with.writes_json()) {
    print_json(with, what, what.checks);
    return code;
  }
  auto const& out = with.show().out;
  for (auto const& one : what.checks) {
    switch (one.outcome) {
      case operations::check_outcome::passed: out.write(out.paint(role::ok, "PASSED ")); break;
      case operations::check_outcome::failed: out.write(out.paint(role::failure, "FAILED ")); break;
      case operations::check_outcome::absent: out.write(out.paint(role::muted, "absent ")); break;
    }
    out.line(fmt::format("{}  {}", printable(one.name), printable(one.message)));
    if (!one.detail.empty()) out.line("         " + printable(one.detail));
    for (auto const& hint : one.hints) out.line("         try:  " + printable(hint));
  }
  return code;
}

}  // namespace

result<int> provider_ls(context& with) {
  auto const found = with.ask<operations::providers_list>({});
  if (!found) return std::unexpected(found.error());
  if (with.writes_json()) {
    print_json(with, *found, found->providers);
    return exit_done;
  }
  auto const& out = with.show().out;
  if (with.show().quiet || with.how() == format::name) {
    for (auto const& one : found->providers) out.line(printable(one.name));
    return exit_done;
  }
  table rows({"NAME", "TYPE", "STATUS", "INSTANCES", "REGION"});
  for (auto const& one : found->providers)
    rows.add({cell::of(one.is_default ? one.name + " (default)" : one.name), cell::of(one.type),
              one.available ? cell::of("available", role::ok)
                            : cell::of(one.message.empty() ? "unavailable" : one.message, role::warning),
              cell::of(fmt::format("{}", one.instances)), cell::of(one.region.empty() ? "-" : one.region)});
  out.write(rows.text(out));
  return exit_done;
}

result<int> provider_info(context& with) {
  auto const found = with.ask<operations::providers_get>({.provider = with.call().operands.front()});
  if (!found) return std::unexpected(found.error());
  if (with.writes_json()) {
    print_json(with, *found);
    return exit_done;
  }
  auto const& out = with.show().out;
  out.line(fmt::format(
      "{}  {}", printable(found->name),
      found->available ? out.paint(role::ok, "available") : out.paint(role::warning, "unavailable")));
  auto const line = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) out.line(fmt::format("  {:<11}{}", name, printable(value)));
  };
  line("message", found->message);
  line("type", found->type);
  line("region", found->region);
  line("isolation", found->isolation);
  line("instances", fmt::format("{}", found->instances));
  for (auto const& one : found->limits)
    line("limit", fmt::format("{}: {} of {}", one.kind, one.used,
                              one.most ? fmt::format("{}", *one.most) : "any number"));
  return exit_done;
}

result<int> provider_test(context& with) {
  auto const found = with.ask<operations::providers_test>({.provider = with.call().operands.front()}, 600s);
  if (!found) return std::unexpected(found.error());
  return print_report(with, *found);
}

result<int> doctor(context& with) {
  auto const found =
      with.ask<operations::doctor>({.provider = with.call().value("provider").value_or("")}, 120s);
  if (!found) return std::unexpected(found.error());
  return print_report(with, *found);
}

}  // namespace ostler::cli

#include <boost/describe.hpp>
#include <fmt/format.h>

#include "cli/spans.hpp"
#include "cli/text.hpp"
#include "cli/verbs/all.hpp"
#include "cli/verbs/json_out.hpp"
#include "operations/daemon_operations.hpp"
#include "system/clock.hpp"

namespace ostler::cli {

result<int> daemon_status(context& with) {
  with.never_start();
  auto const found = with.ask<operations::status>({});
  if (!found) return std::unexpected(found.error());
  if (with.writes_json()) {
    print_json(with, *found);
    return exit_done;
  }
  auto const& out = with.show().out;
  auto const where = whereabouts::find_address(with.variable());
  auto const since = std::chrono::duration_cast<milliseconds>(system::wall_now() - found->started);
  out.line(printable(found->message));
  out.line(fmt::format("  pid        {}", found->pid));
  out.line(fmt::format("  version    {}", printable(found->version.version)));
  out.line(fmt::format("  up         {}", age(since)));
  if (where) out.line(fmt::format("  address    {}", printable(where->text())));
  for (auto const& one : found->instances)
    out.line(fmt::format("  {:<10} {}", boost::describe::enum_to_string(one.state, ""), one.count));
  if (found->needs_attention > 0) out.line(fmt::format("  waiting    {} for you", found->needs_attention));
  if (!found->refusing.empty()) out.line(fmt::format("  refusing   {}", printable(found->refusing)));
  return exit_done;
}

}  // namespace ostler::cli

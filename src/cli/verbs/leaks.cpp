#include <fmt/format.h>

#include "cli/spans.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "cli/verbs/all.hpp"
#include "cli/verbs/json_out.hpp"
#include "operations/daemon_operations.hpp"
#include "system/clock.hpp"

namespace ostler::cli {
namespace {

std::string things_text(std::vector<operations::removed_thing> const& all, std::string_view sign) {
  std::string out;
  for (auto const& one : all)
    out += fmt::format("{} {} {}{}\n", sign, printable(one.kind), printable(one.name),
                       one.reason.empty() ? "" : fmt::format(" ({})", printable(one.reason)));
  return out;
}

}  // namespace

result<int> leaks(context& with) {
  auto const found =
      with.ask<operations::leaks_list>({.provider = with.call().value("provider").value_or("")});
  if (!found) return std::unexpected(found.error());
  if (with.writes_json()) {
    print_json(with, *found, found->leaks);
    return exit_done;
  }
  auto const& out = with.show().out;
  if (found->leaks.empty()) {
    with.note("Nothing bears our labels without being in the ledger.");
    return exit_done;
  }
  if (with.show().quiet || with.how() == format::name) {
    for (auto const& one : found->leaks) out.line(printable(one.name));
    return exit_done;
  }
  table rows({"NAME", "KIND", "PROVIDER", "SEEN", "ID"});
  auto const now = system::wall_now();
  for (auto const& one : found->leaks)
    rows.add({cell::of(one.name), cell::of(one.kind), cell::of(one.provider),
              cell::of(age(std::chrono::duration_cast<milliseconds>(now - one.seen_first))),
              cell::of(one.provider_id)});
  out.write(rows.text(out));
  with.hint("next: ostler prune");
  return exit_done;
}

result<int> prune(context& with) {
  auto const& call = with.call();
  auto const older = call.duration("older-than");
  if (!older) return std::unexpected(older.error());
  operations::prune_request request{
      .provider = call.value("provider").value_or(""), .older_than = *older, .dry_run = true};
  auto found = with.ask<operations::prune>(request, 120s);
  if (!found) return std::unexpected(found.error());
  bool const only_looks = call.has("dry-run");
  if (found->removed.empty() || only_looks) {
    if (with.writes_json())
      print_json(with, *found);
    else if (found->removed.empty())
      with.note("There is nothing to remove.");
    else
      with.show().out.write(things_text(found->removed, "-"));
    return exit_done;
  }
  if (!with.writes_json()) with.show().err.write(things_text(found->removed, "-"));
  auto const what = fmt::format("remove {} of them", found->removed.size());
  auto const sure = with.confirm(fmt::format("Remove {}?", found->removed.size() == 1 ? "it" : "them"), what);
  if (!sure) return std::unexpected(sure.error());
  if (!*sure) return exit_failed;
  request.dry_run = false;
  auto const done = with.ask<operations::prune>(request, 600s);
  if (!done) return std::unexpected(done.error());
  if (with.writes_json())
    print_json(with, *done);
  else
    with.show().out.write(
        fmt::format("{} removed\n{}", done->removed.size(), things_text(done->kept, "kept:")));
  return done->kept.empty() ? exit_done : exit_failed;
}

}  // namespace ostler::cli

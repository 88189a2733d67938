#include <utility>

#include "cli/instance_text.hpp"
#include "cli/text.hpp"
#include "cli/verbs/all.hpp"
#include "cli/verbs/json_out.hpp"
#include "cli/verbs/targets.hpp"
#include "operations/instance_operations.hpp"
#include "operations/log_operations.hpp"
#include "system/clock.hpp"

namespace ostler::cli {
namespace {

constexpr std::uint32_t events_shown = 5;
constexpr std::uint32_t lines_shown = 5;

// What happened lately, and when it is not well what was printed last. Where it cannot be had, the page
// without it is better than none.
status_extras extras_of(context& with, operations::instance const& what) {
  status_extras out;
  auto const happened = with.ask<operations::events_list>({.instance = what.name, .limit = events_shown});
  if (happened) out.events = happened->events;
  if (is_ready(what)) return out;
  auto const printed = with.ask<operations::logs_read>({.instance = what.name, .lines = lines_shown});
  if (printed) out.lines = printed->lines;
  return out;
}

}  // namespace

result<int> status(context& with) {
  auto const& operands = with.call().operands;
  auto found = find_instance(with, operands.empty() ? "" : operands.front());
  if (!found) return std::unexpected(found.error());
  auto const& out = with.show().out;
  if (with.writes_json() || (with.how() != format::name && !with.show().quiet)) {
    // Lists are told from what is kept; of one the keeper is asked as well: pids, ends, restarts.
    found = with.ask<operations::instances_get>({.instance = found->id.text()});
    if (!found) return std::unexpected(found.error());
  }
  int const code = is_ready(*found) ? exit_done : exit_not_so;
  if (with.writes_json()) {
    print_json(with, *found);
    return code;
  }
  if (with.how() == format::name) {
    out.line(printable(found->name));
    return code;
  }
  if (with.show().quiet) return code;
  out.write(status_page(*found, extras_of(with, *found), system::wall_now(), out));
  if (code != exit_done) with.hint("next: ostler logs " + found->name + " · ostler events " + found->name);
  return code;
}

}  // namespace ostler::cli

#include "client/events.hpp"

#include <fmt/format.h>
#include <utility>

#include "cli/instance_text.hpp"
#include "cli/verbs/all.hpp"
#include "cli/verbs/interrupts.hpp"
#include "cli/verbs/json_out.hpp"
#include "cli/verbs/targets.hpp"
#include "operations/log_operations.hpp"
#include "whereabouts/whereabouts.hpp"

namespace ostler::cli {
namespace {

using operations::event;

constexpr std::uint32_t events_most = 10'000;

result<operations::event_query> query_of(context& with) {
  auto const& call = with.call();
  operations::event_query out{.type = call.values("filter")};
  auto const tail = call.number("tail", 1, events_most);
  if (!tail) return std::unexpected(tail.error());
  out.limit = tail->value_or(out.limit);
  if (auto const since = call.value("since")) {
    auto const read = operations::parse_point_in_time(*since);
    if (!read) return fail(error_code::usage, fmt::format("--since: {}", read.error().message));
    out.since = *read;
  }
  auto const after = call.number("after-seq", 0, std::numeric_limits<std::uint32_t>::max());
  if (!after) return std::unexpected(after.error());
  out.after = after->value_or(0);
  if (call.operands.empty()) return out;
  auto const whom = find_instance(with, call.operands.front());
  if (whom) {
    out.instance = whom->name;
    return out;
  }
  // One that is gone has events too, under its id.
  if (!call.operands.front().starts_with("ins_")) return std::unexpected(whom.error());
  out.instance = call.operands.front();
  return out;
}

void print_one(context const& with, event const& one) {
  if (with.writes_json())
    print_json(with, one);
  else
    with.show().out.line(event_line(one, with.show().out));
}

// What happened before, then everything behind it.
result<int> follow(context& with, operations::event_query const& query) {
  auto const& call = with.call();
  auto before = with.ask<operations::events_list>(query);
  if (!before) return std::unexpected(before.error());
  bool const told = !call.has("no-snapshot");
  if (told)
    for (auto const& one : before->events) print_one(with, one);
  bool const from_there = told && before->more && !before->events.empty();
  auto const after = from_there ? before->events.back().seq : before->last_seq;
  auto const where = whereabouts::find_address(with.variable());
  if (!where) return std::unexpected(where.error());
  auto const signals = interrupts::begin();
  if (!signals) return std::unexpected(signals.error());
  auto const take = [&](client::event_news const& news) {
    if (auto const* update = std::get_if<operations::lifecycle_update>(&news)) print_one(with, update->event);
    if (std::holds_alternative<client::events_interrupted>(news)) with.note("Reconnecting...");
    if (auto const* missed = std::get_if<client::events_missed>(&news))
      with.note(fmt::format("events after {} are no longer kept; some are missing here", missed->after));
    return client::flow::go_on;
  };
  auto const done =
      client::follow_events(*where, {.after = after, .instance = query.instance, .type = query.type}, take,
                            {.stop_fd = signals->fd()});
  if (!done && done.error().code != error_code::cancelled) return std::unexpected(done.error());
  return exit_done;
}

}  // namespace

result<int> events(context& with) {
  auto const query = query_of(with);
  if (!query) return std::unexpected(query.error());
  if (with.call().has("follow")) return follow(with, *query);
  auto const found = with.ask<operations::events_list>(*query);
  if (!found) return std::unexpected(found.error());
  if (with.how() == format::json)
    print_json(with, *found);
  else
    for (auto const& one : found->events) print_one(with, one);
  if (found->events.empty() && !with.writes_json()) with.note("Nothing has happened that matches.");
  return exit_done;
}

}  // namespace ostler::cli

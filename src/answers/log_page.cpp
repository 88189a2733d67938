#include "answers/log_page.hpp"

#include <algorithm>
#include <compare>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <utility>

namespace ostler::answers {
namespace {

// Of one log in one page; what lies behind it comes with the next.
constexpr std::size_t part_bytes_max = 4UL * 1024 * 1024;

struct part_question {
  log_source from;
  wire::log_read how;
  std::uint64_t begin = 0;
  std::size_t most = 0;
  // A line that has no end yet is left to whoever follows.
  bool whole_lines = false;
};

// Reads one line more than is wanted, to know whether there is one.
task<result<log_part>> read_part(keeper_ptr keeper, part_question asked) {
  log_part out{.from = asked.from, .begin = asked.begin, .end = asked.begin};
  auto opened = co_await record_stream::open(std::move(keeper), asked.how);
  if (!opened) co_return std::unexpected(std::move(opened.error()));
  auto& stream = **opened;
  std::size_t bytes = 0;
  for (std::size_t found = 0; bytes < part_bytes_max;) {
    auto next = co_await stream.next();
    if (!next) co_return std::unexpected(std::move(next.error()));
    if (!*next) {
      out.end = stream.next_position().value_or(out.end);
      co_return out;
    }
    if (asked.whole_lines && ((*next)->flags & wire::partial) != 0) continue;
    if (counts(**next) && ++found > asked.most) break;
    // Of a tail, only the first line says where it began.
    if (out.records.empty() && !asked.how.position) out.begin = (*next)->position;
    bytes += (*next)->payload.size();
    out.end = std::max(out.end, position_behind(**next));
    out.records.push_back(std::move(**next));
  }
  out.more = true;
  co_return out;
}

// By service; those of which the keeper does not say it are missing.
using runs_by_service = std::map<std::string, run_places, std::less<>>;

task<result<runs_by_service>> ask_runs(keeper_ptr keeper) {
  auto const status = co_await keeper->ask<wire::keeper_status>("status", wire::nothing{});
  if (!status) co_return std::unexpected(status.error());
  runs_by_service out;
  for (auto const& each : status->services)
    if (each.log_begin && each.log_begin_before)
      out[each.name] = {.run = each.run, .begin = *each.log_begin, .before = *each.log_begin_before};
  co_return out;
}

// From its end backward, because the last lines of it are wanted.
task<result<log_part>> read_previous(keeper_ptr keeper, part_question asked, run_places runs) {
  log_part out{.from = asked.from, .begin = runs.before, .end = runs.begin, .runs = runs};
  if (runs.before >= runs.begin) co_return out;
  asked.how.backward = true;
  asked.how.position = runs.begin;
  auto opened = co_await record_stream::open(std::move(keeper), asked.how);
  if (!opened) co_return std::unexpected(std::move(opened.error()));
  for (std::size_t found = 0, bytes = 0; bytes < part_bytes_max;) {
    auto next = co_await (*opened)->next();
    if (!next) co_return std::unexpected(std::move(next.error()));
    if (!*next || (*next)->position < runs.before) break;
    if (counts(**next) && ++found > asked.most) break;
    bytes += (*next)->payload.size();
    out.records.push_back(std::move(**next));
  }
  std::ranges::reverse(out.records);
  co_return out;
}

task<result<page_read>> read_previous_page(keeper_ptr keeper, std::vector<log_source> sources,
                                           operations::log_query asked, wall_time now) {
  auto const runs = co_await ask_runs(keeper);
  if (!runs) co_return std::unexpected(runs.error());
  std::vector<log_part> parts;
  for (auto& each : sources) {
    auto const known = runs->find(each.service);
    if (known == runs->end()) continue;
    auto const most = asked.tail.value_or(asked.lines);
    part_question one{.from = each, .how = question_of(asked, now), .most = most};
    one.how.service = each.service;
    auto part = co_await read_previous(keeper, std::move(one), known->second);
    if (!part) co_return std::unexpected(std::move(part.error()));
    parts.push_back(std::move(*part));
  }
  co_return merge(std::move(parts), asked.tail.value_or(asked.lines), true);
}

}  // namespace

wire::log_read question_of(operations::log_query const& asked, wall_time now) {
  wire::log_read how;
  if (asked.since) how.since = asked.since.against(now);
  // The keeper's end is included.
  if (asked.until) how.until = asked.until.against(now) - milliseconds(1);
  if (asked.only) how.only = *asked.only == operations::log_stream::out ? "out" : "err";
  how.pattern = asked.pattern;
  how.literal = asked.literal;
  how.invert = asked.invert;
  how.before = asked.context;
  how.after = asked.context;
  return how;
}

result<std::vector<log_source>> sources_of(lifecycle::instance const& it,
                                           operations::log_query const& asked) {
  std::vector<log_source> out;
  if (!asked.session.empty() && !asked.service.empty())
    return fail(error_code::usage, "ask for the logs of services or of a session, not of both at once");
  if (!asked.cursor.empty() && (asked.tail || asked.since))
    return fail(error_code::usage, "a cursor says where to begin, so tail and since say nothing");
  if (asked.previous && (!asked.session.empty() || !asked.cursor.empty() || asked.follow))
    return fail(error_code::usage,
                "the run before the newest one is of services, and is over: ask without session, cursor and "
                "follow");
  if (!asked.session.empty()) {
    out.push_back({.service = {}, .session = asked.session});
    return out;
  }
  if (auto done = check_services_of(it, asked.service); !done) return std::unexpected(done.error());
  for (auto const& each : it.spec.services)
    if (asked.service.empty() || std::ranges::find(asked.service, each.name) != asked.service.end())
      out.push_back({.service = each.name, .session = {}});
  return out;
}

page_read merge(std::vector<log_part> parts, std::size_t most, bool last) {
  struct place {
    std::size_t part;
    std::size_t index;
    auto operator<=>(place const&) const = default;
  };
  // A log's own order is kept although clocks jump: a line is as old as the newest one before it.
  std::vector<std::pair<wall_time, place>> order;
  for (std::size_t part = 0; part < parts.size(); ++part) {
    wall_time newest{};
    for (std::size_t index = 0; index < parts[part].records.size(); ++index) {
      newest = std::max(newest, parts[part].records[index].wall);
      order.push_back({newest, {.part = part, .index = index}});
    }
  }
  std::ranges::sort(order);
  auto const record_at = [&](place at) -> wire::log_record const& {
    return parts[at.part].records[at.index];
  };
  std::size_t first = 0;
  std::size_t end = order.size();
  std::size_t found = 0;
  if (last) {
    for (first = end; first > 0 && found < most; --first)
      if (counts(record_at(order[first - 1].second))) ++found;
  } else {
    for (end = 0; end < order.size() && found < most; ++end)
      if (counts(record_at(order[end].second))) ++found;
  }
  page_read out;
  out.page.matched = found;
  std::vector<std::uint64_t> behind;
  std::vector<std::size_t> taken(parts.size(), 0);
  for (auto const& part : parts) behind.push_back(part.begin);
  for (std::size_t at = first; at < end; ++at) {
    auto const where = order[at].second;
    auto const& record = record_at(where);
    auto const& part = parts[where.part];
    auto& line = out.page.lines.emplace_back(line_of(record, part.from.service, part.from.session));
    if (part.runs) line.run = part.runs->run_at(record.position);
    behind[where.part] = std::max(behind[where.part], position_behind(record));
    taken[where.part] = where.index + 1;
  }
  for (std::size_t part = 0; part < parts.size(); ++part) {
    auto const& one = parts[part];
    bool const all = last || taken[part] == one.records.size();
    out.next[one.from.name()] = all ? one.end : behind[part];
    out.page.truncated = out.page.truncated || !all || one.more;
  }
  out.page.next_cursor = write_log_cursor(out.next);
  return out;
}

task<result<page_read>> read_page(keeper_ptr keeper, std::vector<log_source> sources,
                                  operations::log_query asked, wall_time now) {
  if (asked.previous)
    co_return co_await read_previous_page(std::move(keeper), std::move(sources), std::move(asked), now);
  auto const cursor =
      asked.cursor.empty() ? result<log_positions>(log_positions()) : read_log_cursor(asked.cursor);
  if (!cursor) co_return std::unexpected(cursor.error());
  bool const last = asked.cursor.empty() && !asked.tail && !asked.since;
  std::vector<log_part> parts;
  for (auto& each : sources) {
    part_question one{
        .from = each, .how = question_of(asked, now), .most = asked.lines, .whole_lines = asked.follow};
    one.how.service = each.service;
    one.how.session = each.session;
    if (last || asked.tail) {
      one.how.lines = last ? asked.lines : *asked.tail;
    } else {
      // One that came to be after the cursor was given is read from its beginning.
      auto const known = cursor->find(each.name());
      one.begin = known == cursor->end() ? 0 : known->second;
      one.how.position = one.begin;
    }
    auto part = co_await read_part(keeper, std::move(one));
    if (!part) co_return std::unexpected(std::move(part.error()));
    parts.push_back(std::move(*part));
  }
  // Asked afterwards: of a service that has begun anew meanwhile, the older lines are not taken for newer.
  auto const runs = co_await ask_runs(keeper);
  if (!runs) co_return std::unexpected(runs.error());
  for (auto& each : parts)
    if (auto const known = runs->find(each.from.service); known != runs->end()) each.runs = known->second;
  co_return merge(std::move(parts), asked.lines, last);
}

}  // namespace ostler::answers

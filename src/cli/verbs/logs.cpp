#include <fmt/format.h>
#include <utility>

#include "base/name.hpp"
#include "cli/log_lines.hpp"
#include "cli/text.hpp"
#include "cli/verbs/all.hpp"
#include "cli/verbs/interrupts.hpp"
#include "cli/verbs/json_out.hpp"
#include "cli/verbs/targets.hpp"
#include "operations/log_operations.hpp"

namespace ostler::cli {
namespace {

using operations::log_query;

// Of one answer.
constexpr std::uint32_t lines_most = 10'000;
constexpr std::uint32_t page_lines = 1000;
constexpr std::uint32_t context_most = 100;

result<void> set_times(log_query& to, arguments const& call) {
  for (auto const* name : {"since", "until"}) {
    auto const text = call.value(name);
    if (!text) continue;
    auto const read = operations::parse_point_in_time(*text);
    if (!read) return fail(error_code::usage, fmt::format("--{}: {}", name, read.error().message));
    (name == std::string_view("since") ? to.since : to.until) = *read;
  }
  return {};
}

result<log_query> query_of(arguments const& call, operations::instance const& whom) {
  log_query out{.instance = whom.name};
  if (call.operands.size() > 1) out.service.assign(call.operands.begin() + 1, call.operands.end());
  auto const tail = call.number("tail", 0, lines_most);
  if (!tail) return std::unexpected(tail.error());
  auto const around = call.number("context", 0, context_most);
  if (!around) return std::unexpected(around.error());
  out.context = around->value_or(0);
  if (auto const good = set_times(out, call); !good) return std::unexpected(good.error());
  out.pattern = call.value("grep").value_or("");
  out.invert = call.has("invert");
  out.follow = call.has("follow");
  out.previous = call.has("previous");
  if (out.follow && out.previous)
    return fail(error_code::usage, "--previous and --follow exclude each other: that run is over");
  if (call.has("stdout-only") && call.has("stderr-only"))
    return fail(error_code::usage, "--stdout-only and --stderr-only exclude each other");
  if (call.has("stdout-only")) out.only = operations::log_stream::out;
  if (call.has("stderr-only")) out.only = operations::log_stream::err;
  // Of what was printed since a moment, all, page by page; else the last ones.
  if (out.since) out.lines = page_lines;
  if (!*tail) return out;
  if (**tail > 0) out.lines = **tail;
  if (out.follow || out.since || **tail == 0) out.tail = *tail;
  return out;
}

log_printer printer_for(context const& with, operations::instance const& whom, log_query const& query) {
  auto const& call = with.call();
  log_printer out({.prefix = !call.has("no-prefix"),
                   .timestamps = call.has("timestamps"),
                   .raw = call.has("raw"),
                   .colours = with.show().out.has_colours() ? colours::keep : colours::strip},
                  with.show().out);
  for (auto const& one : whom.services) out.knows(one.name);
  for (auto const& one : query.service) out.knows(one);
  return out;
}

// From the first page to the last that there is now.
result<int> read_all(context& with, operations::instance const& whom, log_query query) {
  auto print = printer_for(with, whom, query);
  bool const in_pages = query.since && !query.tail && with.how() != format::json;
  bool any = false;
  for (;;) {
    auto const page = with.ask<operations::logs_read>(query);
    if (!page) return std::unexpected(page.error());
    if (with.writes_json())
      print_json(with, *page, page->lines);
    else
      for (auto const& one : page->lines) with.show().out.line(print.text(one));
    any = any || !page->lines.empty();
    if (!in_pages || !page->truncated || page->lines.empty()) break;
    // The cursor says where to go on, and excludes every other beginning.
    query.cursor = page->next_cursor;
    query.since = {};
  }
  if (!any && !with.writes_json())
    with.note(fmt::format("{} has printed nothing that matches.", printable(whom.name)));
  return exit_done;
}

result<int> follow(context& with, operations::instance const& whom, log_query const& query) {
  auto daemon = with.daemon();
  if (!daemon) return std::unexpected(daemon.error());
  auto const signals = interrupts::begin();
  if (!signals) return std::unexpected(signals.error());
  auto print = printer_for(with, whom, query);
  client::call_options const options{.stop_fd = signals->fd()};
  auto const done = with.writes_json() ? (*daemon)->call_line_texts<operations::logs_read>(
                                             query,
                                             [&](std::string_view line) {
                                               with.show().out.line(line);
                                               return client::flow::go_on;
                                             },
                                             options)
                                       : (*daemon)->call_lines<operations::logs_read>(
                                             query,
                                             [&](operations::log_line const& line) {
                                               with.show().out.line(print.text(line));
                                               return client::flow::go_on;
                                             },
                                             options);
  if (done || done.error().code == error_code::cancelled) return exit_done;
  return std::unexpected(done.error());
}

bool is_pattern_mistake(error const& why) {
  return why.message.find("pattern") != std::string::npos &&
         (why.code == error_code::value_unknown || why.code == error_code::text_malformed ||
          why.code == error_code::usage || why.code == error_code::message_malformed);
}

}  // namespace

result<int> logs(context& with) {
  auto const& call = with.call();
  auto const whom = find_instance(with, call.operands.empty() ? "" : call.operands.front());
  if (!whom) return std::unexpected(whom.error());
  auto query = query_of(call, *whom);
  if (!query) return std::unexpected(query.error());
  auto const read = [&] {
    return query->follow ? follow(with, *whom, *query) : read_all(with, *whom, *query);
  };
  auto done = read();
  if (!done && !query->pattern.empty() && is_pattern_mistake(done.error())) {
    with.note(fmt::format("{} is no pattern: looking for it as it stands", in_quotes(query->pattern)));
    query->literal = true;
    done = read();
  }
  return done;
}

}  // namespace ostler::cli

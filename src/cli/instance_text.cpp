#include "cli/instance_text.hpp"

#include <algorithm>
#include <array>
#include <boost/describe.hpp>
#include <fmt/format.h>
#include <utility>

#include "cli/log_lines.hpp"
#include "cli/spans.hpp"
#include "cli/text.hpp"

namespace ostler::cli {
namespace {

using operations::attention_kind;
using operations::instance_state;
using operations::service_state;

template <class Enum> std::string_view word_of(Enum value) {
  return boost::describe::enum_to_string(value, "");
}

cell mark_of(operations::instance const& one) {
  if (one.state == instance_state::failed) return cell::of("✘", role::failure);
  if (one.attention.kind == attention_kind::needs_decision) return cell::of("!", role::attention);
  return {};
}

std::string attention_text(operations::instance const& one) {
  if (one.attention.kind == attention_kind::none) return "-";
  if (!one.attention.text.empty()) return one.attention.text;
  std::string word(word_of(one.attention.kind));
  std::ranges::replace(word, '_', ' ');
  return word;
}

std::string or_dash(std::string text) { return text.empty() ? "-" : std::move(text); }

std::string field(std::string_view name, std::string_view value) {
  return value.empty() ? std::string() : fmt::format("  {:<10}{}\n", name, printable(value));
}

std::string services_table(operations::instance const& what, channel const& where) {
  table out({"SERVICE", "STATE", "MESSAGE", "RESTARTS", "URL"});
  for (auto const& one : what.services)
    out.add({cell::of(one.name), cell::of(word_of(one.state), role_of(one.state)),
             cell::of(one.says.empty() ? one.message : one.message + " · " + one.says),
             cell::of(fmt::format("{}", one.restarts)), cell::of(or_dash(one.url))});
  return out.text(where);
}

std::string limits_text(operations::instance const& what) {
  std::string out;
  for (auto const& one : what.limits)
    out += fmt::format("{}{} {}", out.empty() ? "" : " · ", one.what, one.how);
  return out;
}

std::string error_lines(operations::error_told const& what, channel const& where) {
  auto out = fmt::format("{} {} ({})\n", where.paint(role::failure, "error:"), printable(what.message),
                         printable(what.code));
  for (auto const& hint : what.hints) out += fmt::format("  try:  {}\n", printable(hint));
  return out;
}

}  // namespace

bool is_ready(operations::instance const& what) {
  using enum operations::instance_health;
  // Degraded by a service that it is ready without, and not because nobody can see it just now.
  bool const seen = what.link.state == operations::link_state::registered;
  bool const sound = what.health == healthy || (what.health == degraded && seen);
  bool const well = what.state == instance_state::running && !what.changing && sound;
  return well && std::ranges::all_of(what.services, [](operations::service const& one) {
           bool const done = one.kind == wire::service_kind_told::task && one.state == service_state::stopped;
           return !one.required || one.ready || done;
         });
}

std::string url_of(operations::instance const& what) {
  if (!what.url.empty()) return what.url;
  std::string any;
  for (auto const& one : what.services) {
    if (one.url.empty()) continue;
    if (one.ready) return one.url;
    if (any.empty()) any = one.url;
  }
  return any;
}

role role_of(instance_state state) {
  switch (state) {
    case instance_state::running: return role::ok;
    case instance_state::starting:
    case instance_state::stopping: return role::busy;
    case instance_state::failed: return role::failure;
    case instance_state::defined:
    case instance_state::stopped:
    case instance_state::deleted: return role::muted;
  }
  return role::muted;
}

role role_of(service_state state) {
  switch (state) {
    case service_state::running: return role::ok;
    case service_state::starting:
    case service_state::stopping: return role::busy;
    case service_state::error: return role::failure;
    case service_state::unknown: return role::warning;
    case service_state::idle:
    case service_state::stopped: return role::muted;
  }
  return role::muted;
}

std::string instance_table(std::span<operations::instance const> all, wall_time now, ls_columns which,
                           channel const& where) {
  std::vector<std::string> headings{"NAME", "STATUS", "NEEDS YOU", "URL", "AGE"};
  if (which == ls_columns::wide) headings.insert(headings.end(), {"PROVIDER", "HEALTH", "PROJECT", "ID"});
  table out(std::move(headings));
  for (auto const& one : all) {
    bool const waits = one.attention.kind == attention_kind::needs_decision;
    std::vector<cell> row{
        cell::of(one.name), cell::of(one.message, role_of(one.state)),
        waits ? cell::of(attention_text(one), role::attention) : cell::of(attention_text(one)),
        cell::of(or_dash(url_of(one))),
        cell::of(age(std::chrono::duration_cast<milliseconds>(now - one.created)))};
    if (which == ls_columns::wide)
      for (auto const& text : {one.provider, std::string(word_of(one.health)), one.project, one.id.text()})
        row.push_back(cell::of(text));
    out.add(std::move(row), mark_of(one));
  }
  return out.text(where);
}

std::string counts_line(std::span<operations::instance const> all) {
  constexpr std::array<std::pair<instance_state, std::string_view>, 6> words{{
      {instance_state::running, "running"},
      {instance_state::starting, "starting"},
      {instance_state::stopping, "stopping"},
      {instance_state::stopped, "stopped"},
      {instance_state::defined, "not started"},
      {instance_state::failed, "error"},
  }};
  std::string parts;
  for (auto const& [state, word] : words) {
    auto const count = std::ranges::count(all, state, &operations::instance::state);
    if (count > 0) parts += fmt::format("{}{} {}", parts.empty() ? ": " : ", ", count, word);
  }
  auto const waiting = std::ranges::count_if(
      all, [](auto const& one) { return one.attention.kind == attention_kind::needs_decision; });
  auto out = fmt::format("{} instance{}{}", all.size(), all.size() == 1 ? "" : "s", parts);
  if (waiting > 0) out += fmt::format(" · {} wait{} for you", waiting, waiting == 1 ? "s" : "");
  return out;
}

std::string event_line(operations::event const& what, channel const& where) {
  auto text = printable(what.message);
  if (!what.reason.empty() && what.reason != what.message)
    text += fmt::format(" ({})", printable(what.reason));
  return fmt::format("{}  {}  {}  {}", where.paint(role::muted, format_wall_time(what.time)),
                     padded(printable(what.subject), 12), padded(printable(what.type), 20), text);
}

std::string status_page(operations::instance const& what, status_extras const& extras, wall_time now,
                        channel const& where) {
  auto out = fmt::format("{}  {}\n", where.paint(role::strong, printable(what.name)),
                         where.paint(role_of(what.state), printable(what.message)));
  out += field("detail", what.detail);
  out += field("provider", what.provider);
  out += field("project", what.project);
  out += field("health", word_of(what.health));
  if (what.attention.kind != attention_kind::none) out += field("needs you", attention_text(what));
  out += field("age", age(std::chrono::duration_cast<milliseconds>(now - what.created)));
  out += field("limits", limits_text(what));
  out += field("id", what.id.text());
  for (auto const& one : what.warnings)
    out += fmt::format("{} {}\n", where.paint(role::warning, "warning:"), printable(one));
  if (what.error) out += "\n" + error_lines(*what.error, where);
  if (!what.services.empty()) out += "\n" + services_table(what, where);
  if (!extras.events.empty()) {
    out += "\nRecent events\n";
    for (auto const& one : extras.events) out += "  " + event_line(one, where) + "\n";
  }
  if (!extras.lines.empty()) {
    out += "\nLast output\n";
    log_printer print({.colours = where.has_colours() ? colours::keep : colours::strip}, where);
    for (auto const& one : extras.lines) print.knows(one.service);
    for (auto const& one : extras.lines) out += "  " + print.text(one) + "\n";
  }
  return out;
}

}  // namespace ostler::cli

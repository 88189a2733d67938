#include "operations/operations_reference.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string_view>
#include <vector>

#include "base/ensure.hpp"
#include "operations/all.hpp"
#include "operations/every_shape.hpp"
#include "operations/field_facts.hpp"
#include "operations/schema.hpp"

namespace ostler::operations {
namespace {

constexpr std::string_view opening =
    "# Operations\n\n"
    "All that can be asked of the daemon. Printed from `src/operations`; the same table makes "
    "[api/openapi.json](../../api/openapi.json).\n\n"
    "Fields in braces stand in the path; the others in the JSON body of POST, PUT and PATCH, else in the "
    "query. A "
    "field that is a list may be given several times in a query. What is not known is refused. Durations are "
    "texts as "
    "`250ms`, `10s`, `1m30s`, `2h`, `7d`; in a body also a number of milliseconds, and in answers always. "
    "Points in "
    "time are `10m` (so long ago), `2026-11-21T12:16:03Z` or milliseconds since 1970; in answers "
    "milliseconds.\n\n"
    "Whatever changes something takes the header `Idempotency-Key`. What is refused is answered with the "
    "status of "
    "its code (see [errors.md](errors.md)) and `error_answer`.\n\n"
    "*Kind*: `read` changes nothing, `change` changes something, `destroy` ends or removes something. "
    "*Scope*: what the "
    "token must allow; `read_only` any token, `one_instance` one for the instance it is about, or for `read` "
    "one that may "
    "only read, `admin` one for everything.\n";

std::string kind_of(shape const& form) {
  switch (form.kind) {
    case shape_kind::boolean: return "true or false";
    case shape_kind::integer: return "number";
    case shape_kind::text: return "text";
    case shape_kind::path: return "path";
    case shape_kind::duration: return "duration";
    case shape_kind::time: return "time";
    case shape_kind::point: return "point in time";
    case shape_kind::identifier: return fmt::format("id `{}…`", form.name);
    case shape_kind::enumeration: return fmt::format("`{}`", fmt::join(form.words, "`, `"));
    case shape_kind::json: return "JSON";
    case shape_kind::services: return fmt::format("map of [{0}](#{0}), `timestamp`", form.element->name);
    case shape_kind::optional: return kind_of(*form.element) + " or null";
    case shape_kind::list: return "list of " + kind_of(*form.element);
    case shape_kind::structure: return fmt::format("[{0}](#{0})", form.name);
    case shape_kind::choice: {
      std::vector<std::string> kinds;
      for (auto const* one : form.alternatives) kinds.push_back(kind_of(*one));
      return fmt::format("{}", fmt::join(kinds, " or "));
    }
  }
  ensure(false, "every kind of value has a name");
  return {};
}

// What it must be beyond its kind, and what it is when nothing is said.
std::string limits_of(shape const& whole, member const& field) {
  auto const* about = facts_of(whole.name, field.name);
  if (about == nullptr) return {};
  std::string text;
  auto const& rule = about->rule;
  auto const* form = field.form->element != nullptr ? field.form->element : field.form;
  bool const is_duration = form->kind == shape_kind::duration;
  if (rule.kind == rule_kind::range && is_duration)
    text = fmt::format("{} to {}", format_duration(milliseconds(rule.least)),
                       format_duration(milliseconds(rule.most)));
  else if (rule.kind != rule_kind::any && rule.kind != rule_kind::length && rule.kind != rule_kind::reference)
    text = allowed_by(rule);
  auto given = rule.required ? std::string("must be given") : std::string();
  auto const initial = rule.required ? std::string() : default_of(whole, field);
  if (!initial.empty() && is_duration)
    given = fmt::format("default {}", format_duration(milliseconds(std::stoll(initial))));
  else if (!initial.empty())
    given = fmt::format("default {}", initial);
  return text.empty() || given.empty() ? text + given : text + "; " + given;
}

void add_field(std::string& page, shape const& whole, member const& field, std::string_view shown_as,
               bool limits) {
  auto const* about = facts_of(whole.name, field.name);
  page += fmt::format("| {} | {} | {} |", shown_as, kind_of(*field.form),
                      about == nullptr ? "" : about->sentence);
  if (limits) page += fmt::format(" {} |", limits_of(whole, field));
  page += '\n';
}

void add_facts(std::string& page, operation_entry const& entry) {
  auto const& about = *entry.about;
  page += fmt::format("\n### {}\n\n", about.name);
  page += fmt::format("`{} {}`: {}.\n", name(about.method), about.path, about.help);
  if (!about.detail.empty()) page += fmt::format("{}\n", about.detail);
  page += fmt::format("\nKind `{}`, scope `{}`{}.", name(about.kind), name(about.scope),
                      about.idempotent ? "" : ", twice is not the same as once");
  if (about.transport == operation_transport::websocket) page += " A WebSocket.";
  if (!about.media.empty())
    page += fmt::format(" {} as `{}`.",
                        about.transport == operation_transport::bytes_in ? "Takes bytes" : "Answers bytes",
                        about.media);
  if (!about.command.empty()) page += fmt::format(" Command `ostler {}`.", about.command);
  if (about.tool) page += fmt::format(" Tool `{}` ({}).", about.tool.name, name(about.tool.set));
  page += '\n';
}

void add_answer(std::string& page, operation_entry const& entry) {
  auto const& about = *entry.about;
  bool const empty = entry.answer->name == "done";
  bool const upgrades = about.transport == operation_transport::websocket;
  if (!empty)
    page += fmt::format("\n{}: {}", upgrades ? "The daemon sends" : "Answer", kind_of(*entry.answer));
  if (!about.lines_when.empty())
    page += fmt::format("; with `{}`, lines of {}", about.lines_when, kind_of(*entry.line));
  if (!empty) page += ".\n";
  if (entry.incoming->name != "done")
    page += fmt::format("The client sends: {}.\n", kind_of(*entry.incoming));
}

void add_operation(std::string& page, operation_entry const& entry) {
  add_facts(page, entry);
  if (!entry.request->members.empty()) {
    page += "\n| field | is | means | limits |\n| --- | --- | --- | --- |\n";
    for (auto const& field : entry.request->members) {
      bool const in_path = is_in_path(*entry.about, field.name);
      auto const shown_as = in_path ? fmt::format("`{{{}}}`", field.name) : fmt::format("`{}`", field.name);
      add_field(page, *entry.request, field, shown_as, true);
    }
  }
  add_answer(page, entry);
  std::vector<std::string_view> errors;
  for (auto const code : errors_of(entry)) errors.push_back(facts(code).name);
  page += fmt::format("\nErrors: {}.\n", fmt::join(errors, ", "));
}

void add_values(std::string& page) {
  page += "\n## Values\n\nAnswers hold all their fields; there may be more later.\n";
  std::vector<shape const*> requests;
  for (auto const& entry : all()) requests.push_back(entry.request);
  for (auto const* form : every_shape()) {
    bool const is_told =
        form->kind == shape_kind::structure && std::ranges::find(requests, form) == requests.end();
    if (!is_told) continue;
    page += fmt::format("\n### {}\n\n| field | is | means |\n| --- | --- | --- |\n", form->name);
    for (auto const& field : form->members)
      add_field(page, *form, field, fmt::format("`{}`", field.name), false);
  }
}

std::string_view group_of(operation_facts const& about) {
  return about.name.substr(0, std::min(about.name.find('.'), about.name.size()));
}

}  // namespace

std::string operations_reference() {
  std::string page(opening);
  page += "\n| operation | request | |\n| --- | --- | --- |\n";
  for (auto const& entry : all())
    page += fmt::format("| `{}` | `{} {}` | {} |\n", entry.about->name, name(entry.about->method),
                        entry.about->path, entry.about->help);
  std::string_view group;
  for (auto const& entry : all()) {
    if (group_of(*entry.about) != group) page += fmt::format("\n## {}\n", group_of(*entry.about));
    group = group_of(*entry.about);
    add_operation(page, entry);
  }
  add_values(page);
  return page;
}

}  // namespace ostler::operations

#include "operations/request_reading.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <vector>

#include "base/ensure.hpp"
#include "operations/body_reading.hpp"
#include "operations/field_facts.hpp"
#include "operations/field_reading.hpp"
#include "operations/shown.hpp"
#include "operations/url.hpp"

namespace ostler::operations {
namespace {

field_rule rule_of(operation_entry const& entry, std::string_view field) {
  auto const* about = facts_of(entry.request->name, field);
  return about == nullptr ? field_rule{} : about->rule;
}

std::vector<std::string_view> fields_of_query(operation_entry const& entry) {
  std::vector<std::string_view> names;
  if (sends_json(*entry.about)) return names;
  for (auto const& field : entry.request->members)
    if (!is_in_path(*entry.about, field.name)) names.push_back(field.name);
  return names;
}

result<void> read_path(operation_entry const& entry, std::span<captured const> path, void* out) {
  for (auto const& [name, text] : path) {
    auto const* field = entry.request->find(name);
    ensure(field != nullptr, "what stands in braces is a field of the request");
    auto const decoded =
        percent_decoded(fmt::format("the field {}", shown(name)), text, plus_sign::is_itself);
    if (!decoded) return std::unexpected(decoded.error());
    if (auto done = read_text(*field->form, rule_of(entry, name), name, *decoded, field->in(out)); !done)
      return done;
  }
  return {};
}

std::unexpected<error> refuse_key(operation_entry const& entry, std::string_view key,
                                  std::vector<std::string_view> const& allowed) {
  if (allowed.empty())
    return fail(error_code::usage,
                fmt::format("{} takes nothing in the query, and there is {}", entry.about->name, shown(key)));
  return fail(error_code::usage,
              fmt::format("{} has no field {}{}; allowed: {}", entry.about->name, shown(key),
                          did_you_mean(key, allowed), fmt::join(allowed, ", ")));
}

// One pair of the query into its field. `seen` holds the fields that had one already.
result<void> read_pair(operation_entry const& entry, query_pair const& pair,
                       std::vector<std::string_view>& seen, void* out) {
  auto const* field = entry.request->find(pair.key);
  auto const rule = rule_of(entry, pair.key);
  auto const* form = field->form;
  auto* place = field->in(out);
  if (form->kind != shape_kind::list) {
    if (std::ranges::find(seen, field->name) != seen.end())
      return fail(error_code::usage, fmt::format("{} is given twice and may be given once", shown(pair.key)));
    seen.push_back(field->name);
  }
  if (form->kind == shape_kind::list || form->kind == shape_kind::optional) {
    place = form->add(place);
    form = form->element;
  }
  // `?follow` says yes, as a switch does; for other kinds it would be an empty text, which nobody meant.
  if (pair.bare && form->kind == shape_kind::boolean) return read_text(*form, rule, pair.key, "true", place);
  if (pair.bare) return fail(error_code::usage, fmt::format("{} is given without a value", shown(pair.key)));
  return read_text(*form, rule, pair.key, pair.value, place);
}

result<void> read_query(operation_entry const& entry, std::string_view query, void* out) {
  auto const pairs = split_query(query);
  if (!pairs) return std::unexpected(pairs.error());
  auto const allowed = fields_of_query(entry);
  std::vector<std::string_view> seen;
  for (auto const& pair : *pairs) {
    if (std::ranges::find(allowed, pair.key) == allowed.end()) return refuse_key(entry, pair.key, allowed);
    if (auto done = read_pair(entry, pair, seen, out); !done) return done;
  }
  for (auto const& name : allowed) {
    bool const given = std::ranges::find(*pairs, name, &query_pair::key) != pairs->end();
    if (!given && rule_of(entry, name).required)
      return fail(error_code::usage,
                  fmt::format("{} needs the field {}, and it is missing", entry.about->name, shown(name)));
  }
  return {};
}

std::vector<std::string_view> fields_of_path(operation_entry const& entry) {
  std::vector<std::string_view> names;
  for (auto const& field : entry.request->members)
    if (is_in_path(*entry.about, field.name)) names.push_back(field.name);
  return names;
}

// --- back ---

// As it stands in a path or a query.
std::string plain_text(shape const& form, void const* value) {
  if (form.kind == shape_kind::text) return *static_cast<std::string const*>(value);
  if (form.kind == shape_kind::path) return static_cast<file_path const*>(value)->text;
  if (form.kind == shape_kind::point) return format_point_in_time(*static_cast<point_in_time const*>(value));
  if (form.kind == shape_kind::duration)
    return fmt::format("{}ms", static_cast<milliseconds const*>(value)->count());
  std::string text;
  form.write(text, value);
  // Words and ids are JSON texts without anything that is escaped.
  if (text.starts_with('"')) text = text.substr(1, text.size() - 2);
  return text;
}

void write_pair(std::string& target, std::string_view name, shape const& form, void const* value) {
  target += target.find('?') == target.npos ? '?' : '&';
  target += name;
  target += '=';
  target += percent_encoded(plain_text(form, value));
}

void write_query(std::string& target, operation_entry const& entry, void const* request) {
  auto const* untouched = entry.request->untouched();
  for (auto const& name : fields_of_query(entry)) {
    auto const& field = *entry.request->find(name);
    auto const* value = part(field, request);
    auto const& form = *field.form;
    if (form.kind == shape_kind::list || form.kind == shape_kind::optional) {
      for (std::size_t i = 0; i < form.size(value); ++i)
        write_pair(target, name, *form.element, form.at(value, i));
      continue;
    }
    bool const differs = plain_text(form, value) != plain_text(form, part(field, untouched));
    if (differs || rule_of(entry, name).required) write_pair(target, name, form, value);
  }
}

}  // namespace

result<void> read_request(operation_entry const& entry, request_parts const& parts, void* out) {
  if (auto done = read_path(entry, parts.path, out); !done) return done;
  if (auto done = read_query(entry, parts.query, out); !done) return done;
  if (!sends_json(*entry.about)) return {};
  return read_body(*entry.request, fields_of_path(entry), parts.body, out);
}

request_line write_request(operation_entry const& entry, void const* request) {
  request_line out{.method = entry.about->method, .target = {}, .body = {}};
  each_segment(entry.about->path, [&](std::string_view segment) {
    out.target += '/';
    if (!is_placeholder(segment)) {
      out.target += segment;
      return true;
    }
    auto const& field = *entry.request->find(placeholder_name(segment));
    out.target += percent_encoded(plain_text(*field.form, part(field, request)));
    return true;
  });
  write_query(out.target, entry, request);
  if (sends_json(*entry.about)) write_body(out.body, *entry.request, fields_of_path(entry), request);
  return out;
}

}  // namespace ostler::operations

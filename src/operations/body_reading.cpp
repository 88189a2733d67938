#include "operations/body_reading.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>

#include "base/ensure.hpp"
#include "operations/field_facts.hpp"
#include "operations/field_reading.hpp"
#include "operations/repeated_key.hpp"
#include "operations/request_reading.hpp"
#include "operations/shown.hpp"

namespace ostler::operations {
namespace {

using wire::json_value;

field_rule rule_of(shape const& whole, std::string_view field) {
  auto const* about = facts_of(whole.name, field);
  return about == nullptr ? field_rule{} : about->rule;
}

std::string below(std::string_view path, std::string_view field) {
  return path.empty() ? std::string(field) : fmt::format("{}.{}", path, field);
}

std::unexpected<error> wrong_kind(std::string_view path, json_value const& given, std::string_view expected) {
  return refuse_value(error_code::text_malformed, path.empty() ? "the body" : path, wire::json_text(given),
                      expected);
}

result<void> read_value(shape const& form, field_rule const& rule, std::string const& path,
                        json_value const& from, void* out);

result<void> read_fields(shape const& form, std::vector<std::string_view> const& elsewhere,
                         std::string const& path, json_value const& from, void* out) {
  auto const* object = from.if_object();
  if (object == nullptr) return wrong_kind(path, from, "an object");
  for (auto const& given : *object) {
    std::string_view const key(given.key().data(), given.key().size());
    bool const is_elsewhere = std::ranges::find(elsewhere, key) != elsewhere.end();
    if (form.find(key) != nullptr && !is_elsewhere) continue;
    if (is_elsewhere)
      return fail(error_code::usage, fmt::format("{} is given in the path and not in the body", shown(key)));
    std::vector<std::string_view> names;
    for (auto const& field : form.members)
      if (std::ranges::find(elsewhere, field.name) == elsewhere.end()) names.push_back(field.name);
    return fail(error_code::usage, fmt::format("there is no field {}{}; allowed: {}", shown(below(path, key)),
                                               did_you_mean(key, names), fmt::join(names, ", ")));
  }
  for (auto const& field : form.members) {
    if (std::ranges::find(elsewhere, field.name) != elsewhere.end()) continue;
    auto const rule = rule_of(form, field.name);
    auto const* value = object->if_contains({field.name.data(), field.name.size()});
    auto const name = below(path, field.name);
    if (value == nullptr) {
      if (rule.required) return fail(error_code::usage, fmt::format("{} is missing", shown(name)));
      continue;
    }
    if (auto done = read_value(*field.form, rule, name, *value, field.in(out)); !done) return done;
  }
  return {};
}

result<void> read_list(shape const& form, field_rule const& rule, std::string const& path,
                       json_value const& from, void* out) {
  auto const* array = from.if_array();
  if (array == nullptr) return wrong_kind(path, from, "a list");
  if (rule.required && array->empty())
    return refuse_value(error_code::usage, path, "[]", "at least one element");
  for (std::size_t i = 0; i < array->size(); ++i)
    if (auto done =
            read_value(*form.element, rule, fmt::format("{}[{}]", path, i), (*array)[i], form.add(out));
        !done)
      return done;
  return {};
}

result<void> read_duration(shape const& form, field_rule const& rule, std::string const& path,
                           json_value const& from, void* out) {
  if (auto const* text = from.if_string())
    return read_text(form, rule, path, {text->data(), text->size()}, out);
  auto const* number = from.if_int64();
  if (number == nullptr)
    return wrong_kind(path, from, "milliseconds, or a text as 250ms, 10s, 1m30s, 2h, 7d");
  return set_duration(form, rule, path, milliseconds(*number), out);
}

result<void> read_value(shape const& form, field_rule const& rule, std::string const& path,
                        json_value const& from, void* out) {
  switch (form.kind) {
    case shape_kind::structure: return read_fields(form, {}, path, from, out);
    case shape_kind::list: return read_list(form, rule, path, from, out);
    case shape_kind::optional:
      return from.is_null() ? result<void>() : read_value(*form.element, rule, path, from, form.add(out));
    case shape_kind::json:
      static_cast<unread_json*>(out)->text = from.is_null() ? std::string() : wire::json_text(from);
      return {};
    case shape_kind::duration: return read_duration(form, rule, path, from, out);
    case shape_kind::boolean: {
      auto const* value = from.if_bool();
      if (value == nullptr) return wrong_kind(path, from, "true or false");
      form.set_number(out, *value ? 1 : 0);
      return {};
    }
    case shape_kind::integer:
    case shape_kind::time: {
      bool const is_number = from.is_int64() || from.is_uint64();
      if (is_number) return read_text(form, rule, path, wire::json_text(from), out);
      if (form.kind == shape_kind::integer) return wrong_kind(path, from, "a whole number");
      break;
    }
    case shape_kind::text:
    case shape_kind::path:
    case shape_kind::identifier:
    case shape_kind::enumeration:
    case shape_kind::point: break;
    case shape_kind::services:
    case shape_kind::choice: ensure(false, "no request holds what only the daemon says"); break;
  }
  auto const* text = from.if_string();
  if (text == nullptr) return wrong_kind(path, from, "a text");
  return read_text(form, rule, path, {text->data(), text->size()}, out);
}

// Counted before it is taken apart, because whoever takes it apart calls itself.
result<void> check_depth(std::string_view body) {
  std::size_t depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < body.size(); ++i) {
    char const c = body[i];
    if (in_text) {
      if (c == '\\') ++i;
      in_text = c != '"';
      continue;
    }
    if (c == '"') in_text = true;
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && depth > 0) --depth;
    if (depth > request_depth_max)
      return fail(error_code::text_malformed,
                  fmt::format("the body is nested too deeply; allowed: {} levels", request_depth_max));
  }
  return {};
}

std::string written(shape const& form, void const* value) {
  std::string out;
  form.write(out, value);
  return out;
}

void write_value(std::string& out, shape const& form, void const* value) {
  if (form.kind == shape_kind::structure) return write_body(out, form, {}, value);
  if (form.kind != shape_kind::list && form.kind != shape_kind::optional) return form.write(out, value);
  bool const list = form.kind == shape_kind::list;
  auto const size = form.size(value);
  if (list) out += '[';
  for (std::size_t i = 0; i < size; ++i) {
    if (i > 0) out += ',';
    write_value(out, *form.element, form.at(value, i));
  }
  if (list)
    out += ']';
  else if (size == 0)
    out += "null";
}

}  // namespace

result<void> read_body(shape const& form, std::vector<std::string_view> const& elsewhere,
                       std::string_view body, void* out) {
  if (body.size() > request_body_max)
    return fail(error_code::body_too_large,
                fmt::format("the body has {} bytes; allowed: at most {}", body.size(), request_body_max));
  if (body.empty()) body = "{}";
  if (auto fits = check_depth(body); !fits) return fits;
  auto const parsed = wire::parse_json(body);
  if (!parsed) return fail(error_code::text_malformed, fmt::format("the body is not JSON: {}", shown(body)));
  if (auto const twice = repeated_key(body))
    return fail(error_code::text_malformed,
                fmt::format("the body gives {} twice in one object; give it once", shown(*twice)));
  return read_fields(form, elsewhere, {}, *parsed, out);
}

void write_body(std::string& out, shape const& form, std::vector<std::string_view> const& elsewhere,
                void const* value) {
  out += '{';
  bool first = true;
  auto const* untouched = form.untouched();
  for (auto const& field : form.members) {
    if (std::ranges::find(elsewhere, field.name) != elsewhere.end()) continue;
    auto const* here = part(field, value);
    bool const differs = written(*field.form, here) != written(*field.form, part(field, untouched));
    if (!differs && !rule_of(form, field.name).required) continue;
    if (!first) out += ',';
    first = false;
    out += '"';
    out += field.name;
    out += "\":";
    write_value(out, *field.form, here);
  }
  out += '}';
}

}  // namespace ostler::operations

#include "operations/schema.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "base/ensure.hpp"
#include "operations/json_building.hpp"

namespace ostler::operations {
namespace {

// Beyond it, numbers of JSON are not exact in many languages, so a bound would only mislead.
constexpr std::uint64_t exact_most = 1ULL << 53U;
constexpr std::string_view duration_pattern = "^(0|([0-9]+(ms|s|m|h|d))+)$";

json_object plain(std::string_view type) {
  json_object out;
  out.text("type", type);
  return out;
}

std::string integer_schema(shape const& form, field_rule const& rule) {
  auto out = plain("integer");
  bool const ruled = rule.kind == rule_kind::range;
  auto const least = ruled ? static_cast<std::int64_t>(rule.least) : form.least;
  auto const most = ruled ? std::min(rule.most, form.most) : form.most;
  if (least > -static_cast<std::int64_t>(exact_most)) out.add("minimum", fmt::format("{}", least));
  if (most < exact_most) out.add("maximum", fmt::format("{}", most));
  return out.str();
}

std::string text_schema(field_rule const& rule) {
  auto out = plain("string");
  bool const counts = rule.kind != rule_kind::any && rule.kind != rule_kind::range;
  if (counts && rule.least > 0) out.add("minLength", fmt::format("{}", rule.least));
  if (counts) out.add("maxLength", fmt::format("{}", rule.most));
  if (auto const pattern = pattern_of(rule); !pattern.empty()) out.text("pattern", pattern);
  return out.str();
}

std::string duration_schema(field_rule const& rule, schema_style const& style) {
  if (style.place == schema_place::answer) return plain("integer").str();
  auto text = plain("string").text("pattern", duration_pattern).str();
  if (style.place == schema_place::query) return text;
  bool const ruled = rule.kind == rule_kind::range;
  auto const most = ruled ? rule.most : static_cast<std::uint64_t>(milliseconds(duration_max).count());
  auto number = plain("integer");
  number.add("minimum", fmt::format("{}", ruled ? rule.least : 0)).add("maximum", fmt::format("{}", most));
  return json_object().add("anyOf", json_array().add(number.str()).add(text).str()).str();
}

std::string reference_to(shape const& form, schema_style const& style) {
  return json_object().text("$ref", fmt::format("{}{}", style.references, form.name)).str();
}

std::string services_schema(shape const& form, schema_style const& style) {
  auto out = plain("object");
  out.add("properties", json_object().add(timestamp_key, plain("integer").str()).str());
  out.add("required", json_array().text(timestamp_key).str());
  out.add("additionalProperties", reference_to(*form.element, style));
  return out.str();
}

std::string choice_schema(shape const& form, schema_style const& style) {
  json_array alternatives;
  for (auto const* one : form.alternatives) alternatives.add(reference_to(*one, style));
  return json_object().add("anyOf", alternatives.str()).str();
}

std::string words_schema(shape const& form) {
  json_array words;
  for (auto const& word : form.words) words.text(word);
  return plain("string").add("enum", words.str()).str();
}

void gather(std::vector<shape const*>& found, shape const& form) {
  if (form.element != nullptr) gather(found, *form.element);
  for (auto const* one : form.alternatives) gather(found, *one);
  bool const has_name = form.kind == shape_kind::structure || form.kind == shape_kind::enumeration;
  if (!has_name || std::ranges::find(found, &form) != found.end()) return;
  found.push_back(&form);
  for (auto const& field : form.members) gather(found, *field.form);
}

}  // namespace

std::string schema_of_field(shape const& form, field_rule const& rule, schema_style const& style) {
  // What the daemon says of itself may be empty where a client must say something.
  auto const allowed = style.place == schema_place::answer ? field_rule{} : rule;
  switch (form.kind) {
    case shape_kind::boolean: return plain("boolean").str();
    case shape_kind::integer: return integer_schema(form, allowed);
    case shape_kind::text:
    case shape_kind::path: return text_schema(allowed);
    case shape_kind::duration: return duration_schema(allowed, style);
    case shape_kind::time: return plain("integer").str();
    case shape_kind::point: return plain("string").str();
    case shape_kind::identifier:
      return plain("string").text("pattern", fmt::format("^({}[0-9a-z]{{26}})?$", form.name)).str();
    case shape_kind::structure:
    case shape_kind::enumeration: return reference_to(form, style);
    case shape_kind::json: return "{}";
    case shape_kind::services: return services_schema(form, style);
    case shape_kind::choice: return choice_schema(form, style);
    case shape_kind::list:
      return plain("array").add("items", schema_of_field(*form.element, rule, style)).str();
    case shape_kind::optional: {
      auto inner = schema_of_field(*form.element, rule, style);
      if (style.place == schema_place::query) return inner;
      return json_object().add("anyOf", json_array().add(inner).add(plain("null").str()).str()).str();
    }
  }
  ensure(false, "every kind of value has a schema");
  return {};
}

std::string default_of(shape const& whole, member const& field) {
  auto const kind = field.form->kind;
  bool const says_something = kind == shape_kind::boolean || kind == shape_kind::integer ||
                              kind == shape_kind::enumeration || kind == shape_kind::text ||
                              kind == shape_kind::duration;
  std::string text;
  if (says_something) field.form->write(text, part(field, whole.untouched()));
  if (text == "\"\"") return {};
  return text;
}

std::string schema_of(shape const& form, schema_style const& style,
                      std::vector<std::string_view> const& elsewhere) {
  if (form.kind == shape_kind::enumeration) return words_schema(form);
  if (form.kind != shape_kind::structure) return schema_of_field(form, {}, style);
  bool const answer = style.place == schema_place::answer;
  json_object properties;
  json_array required;
  for (auto const& field : form.members) {
    if (std::ranges::find(elsewhere, field.name) != elsewhere.end()) continue;
    auto const* about = facts_of(form.name, field.name);
    auto const rule = about == nullptr ? field_rule{} : about->rule;
    json_object property;
    property.merge(schema_of_field(*field.form, rule, style));
    // What must be given must hold something.
    if (!answer && rule.required && field.form->kind == shape_kind::list) property.add("minItems", "1");
    if (about != nullptr) property.text("description", about->sentence);
    auto const given = answer || rule.required ? std::string() : default_of(form, field);
    if (!given.empty()) property.add("default", given);
    properties.add(field.name, property.str());
    if (answer || rule.required) required.text(field.name);
  }
  auto out = plain("object");
  out.add("properties", properties.str());
  if (!required.empty()) out.add("required", required.str());
  if (!answer) out.flag("additionalProperties", false);
  return out.str();
}

std::string schema_document(shape const& form, schema_place place,
                            std::vector<std::string_view> const& elsewhere) {
  schema_style const style{.place = place, .references = "#/$defs/"};
  std::vector<shape const*> found;
  gather(found, form);
  std::ranges::sort(found, {}, &shape::name);
  json_object definitions;
  for (auto const* one : found)
    if (one != &form) definitions.add(one->name, schema_of(*one, style));
  json_object out;
  out.text("$schema", "https://json-schema.org/draft/2020-12/schema");
  out.merge(schema_of(form, style, elsewhere));
  if (!definitions.empty()) out.add("$defs", definitions.str());
  return out.str();
}

}  // namespace ostler::operations

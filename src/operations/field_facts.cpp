#include "operations/field_facts.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <tuple>
#include <vector>

#include "base/ensure.hpp"
#include "base/name.hpp"

namespace ostler::operations {
namespace {

constexpr field_rule any{};
constexpr field_rule label{.kind = rule_kind::label, .least = 1, .most = name_length_max};
constexpr field_rule service_label{.kind = rule_kind::service, .least = 1, .most = name_length_max};
constexpr field_rule reference{.kind = rule_kind::reference, .least = 1, .most = name_length_max};
// As long as Linux takes one argument or variable.
constexpr field_rule assignment{.kind = rule_kind::assignment, .least = 2, .most = 131'071};
constexpr field_rule condition{.kind = rule_kind::condition, .least = 1, .most = 128};
constexpr field_rule word{.kind = rule_kind::word, .least = 1, .most = 255};

consteval field_rule length(std::uint64_t least, std::uint64_t most) {
  return {.kind = rule_kind::length, .least = least, .most = most};
}
consteval field_rule range(std::uint64_t least, std::uint64_t most) {
  return {.kind = rule_kind::range, .least = least, .most = most};
}
consteval field_rule range(milliseconds least, milliseconds most) {
  return range(static_cast<std::uint64_t>(least.count()), static_cast<std::uint64_t>(most.count()));
}
consteval field_rule required(field_rule rule) {
  rule.required = true;
  return rule;
}

// No call is to last longer than what lies between may keep it open.
constexpr milliseconds wait_max = std::chrono::minutes(10);
constexpr std::uint64_t path_max = 4096;

bool before(field_facts const& a, field_facts const& b) {
  return std::tie(a.field, a.owner) < std::tie(b.field, b.owner);
}

// Sorted once, by the field and then by its owner.
std::span<field_facts const> sorted() {
  static auto const table = [] {
    std::vector<field_facts> fields{
#define OSTLER_FIELD(owner, field, rule, sentence) field_facts{#owner, #field, rule, sentence},
#define OSTLER_FIELD_EVERYWHERE(field, rule, sentence) field_facts{"", #field, rule, sentence},
#include "operations/fields.def"
#undef OSTLER_FIELD
#undef OSTLER_FIELD_EVERYWHERE
    };
    std::ranges::sort(fields, before);
    return fields;
  }();
  return table;
}

field_facts const* look_up(std::string_view owner, std::string_view field) {
  auto const table = sorted();
  auto const sought = field_facts{.owner = owner, .field = field, .rule = {}, .sentence = {}};
  auto const found = std::ranges::lower_bound(table, sought, before);
  bool const same = found != table.end() && found->field == field && found->owner == owner;
  return same ? &*found : nullptr;
}

bool is_small(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }
bool is_reference(char c) { return is_small(c) || c == '_' || c == '.' || (c >= 'A' && c <= 'Z'); }
bool is_control_or_blank(char c) {
  auto const byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte == 0x7f;
}

constexpr std::array<std::string_view, 6> conditions{"ready", "running",   "stopped",
                                                     "error", "attention", "deleted"};
constexpr std::string_view service_condition = "service:";

bool is_label(std::string_view text) {
  return !text.empty() && text.front() != '-' && text.back() != '-' && std::ranges::all_of(text, is_small);
}

bool is_condition(std::string_view text) {
  if (text.starts_with(service_condition)) return is_label(text.substr(service_condition.size()));
  return std::ranges::find(conditions, text) != conditions.end();
}

bool is_assignment(std::string_view text) {
  auto const sign = text.find('=');
  return sign != text.npos && sign > 0;
}

}  // namespace

std::span<field_facts const> all_fields() { return sorted(); }

field_facts const* facts_of(std::string_view owner, std::string_view field) {
  auto const* own = look_up(owner, field);
  return own != nullptr ? own : look_up({}, field);
}

std::string allowed_by(field_rule const& rule) {
  switch (rule.kind) {
    case rule_kind::any: return {};
    case rule_kind::label:
      return fmt::format("1 to {} of a-z, 0-9 and '-', not starting or ending with '-'", rule.most);
    case rule_kind::service:
      return fmt::format("1 to {} of a-z, 0-9 and '-', not starting or ending with '-', and not '{}'",
                         rule.most, timestamp_key);
    case rule_kind::reference:
      return fmt::format(
          "a name or an id: 1 to {} letters, digits, '-', '_' and '.', not starting with '-' or '.'",
          rule.most);
    case rule_kind::word:
      return fmt::format("1 to {} bytes without blanks and control characters, not starting with '-'",
                         rule.most);
    case rule_kind::assignment: return fmt::format("NAME=value, at most {} bytes", rule.most);
    case rule_kind::condition:
      return fmt::format("{}, {}NAME", fmt::join(conditions, ", "), service_condition);
    case rule_kind::length:
      return rule.least == 0 ? fmt::format("at most {} bytes", rule.most)
                             : fmt::format("{} to {} bytes", rule.least, rule.most);
    case rule_kind::range: return fmt::format("{} to {}", rule.least, rule.most);
  }
  ensure(false, "every kind of rule says what it allows");
  return {};
}

std::string_view pattern_of(field_rule const& rule) {
  switch (rule.kind) {
    case rule_kind::label: return "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$";
    case rule_kind::service: return "^(?!timestamp$)[a-z0-9]([a-z0-9-]*[a-z0-9])?$";
    case rule_kind::reference: return "^[A-Za-z0-9_][A-Za-z0-9_.-]*$";
    case rule_kind::word: return "^[^\\u0000-\\u0020\\u007f-][^\\u0000-\\u0020\\u007f]*$";
    case rule_kind::assignment: return "^[^=\\u0000]+=[^\\u0000]*$";
    case rule_kind::condition:
      return "^(ready|running|stopped|error|attention|deleted|service:[a-z0-9]([a-z0-9-]*[a-z0-9])?)$";
    case rule_kind::any:
    case rule_kind::length:
    case rule_kind::range: return {};
  }
  ensure(false, "every kind of rule has a pattern or none");
  return {};
}

bool allows_text(field_rule const& rule, std::string_view text) {
  if (rule.kind == rule_kind::any || rule.kind == rule_kind::range) return true;
  if (text.size() < rule.least || text.size() > rule.most) return false;
  if (rule.kind == rule_kind::assignment) return is_assignment(text);
  if (rule.kind == rule_kind::condition) return is_condition(text);
  if (rule.kind == rule_kind::label) return is_label(text);
  if (rule.kind == rule_kind::service) return is_label(text) && text != timestamp_key;
  if (rule.kind == rule_kind::reference)
    return text.front() != '-' && text.front() != '.' && std::ranges::all_of(text, is_reference);
  if (rule.kind == rule_kind::word)
    return text.front() != '-' && std::ranges::none_of(text, is_control_or_blank);
  return true;
}

}  // namespace ostler::operations

// What is said of each field of each value that is told or asked outside: one sentence, and what it may hold.
// The list is fields.def; reading of requests, schemas and pages take it from there.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "operations/shape.hpp"

namespace ostler::operations {

enum class rule_kind : std::uint8_t {
  any,
  label,       // a name that is given: a DNS label
  service,     // the same, and not the word that stands beside services in the map of them
  reference,   // names something that exists, by its name, the beginning of it, or its id
  word,        // handed on as an argument: begins with no dash, holds no blanks and no control characters
  assignment,  // an environment variable as NAME=value
  condition,   // what can be waited for
  length,      // so many bytes
  range,       // so much; of a duration in milliseconds
};

struct field_rule {
  rule_kind kind = rule_kind::any;
  bool required = false;
  std::uint64_t least = 0;
  std::uint64_t most = 0;
};

struct field_facts {
  std::string_view owner;  // the struct; empty: every struct that has no line of its own for the field
  std::string_view field;
  field_rule rule;
  std::string_view sentence;
};

std::span<field_facts const> all_fields();
// Null when nothing is said, which a test refuses.
field_facts const* facts_of(std::string_view owner, std::string_view field);

// What is allowed, for a refusal: "1 to 63 of a-z, 0-9 and '-', …". Empty when everything is.
std::string allowed_by(field_rule const& rule);
// A regular expression (ECMA 262) for the texts that the rule allows; empty when everything is.
std::string_view pattern_of(field_rule const& rule);
bool allows_text(field_rule const& rule, std::string_view text);

}  // namespace ostler::operations

// JSON Schemas (2020-12) of values, from the same shapes by which they are read, with the sentences and rules
// of fields.def.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "operations/field_facts.hpp"
#include "operations/shape.hpp"

namespace ostler::operations {

// What a client may send is strict, and a duration may be a text; what the daemon says is complete and may
// grow. In a query all are texts, and what may be null is left out instead.
enum class schema_place : std::uint8_t { body, query, answer };

struct schema_style {
  schema_place place;
  // What stands before the name of a struct or an enumeration in a reference.
  std::string_view references;
};

// For a field: a reference, or the kind itself with what the rule allows.
std::string schema_of_field(shape const& form, field_rule const& rule, schema_style const& style);
// Of a struct or an enumeration itself; without the fields that stand elsewhere.
std::string schema_of(shape const& form, schema_style const& style,
                      std::vector<std::string_view> const& elsewhere = {});
// What a field has when nothing is said, as JSON; empty where that says nothing.
std::string default_of(shape const& whole, member const& field);

// A schema that stands alone, with all that it refers to under $defs.
std::string schema_document(shape const& form, schema_place place,
                            std::vector<std::string_view> const& elsewhere = {});

}  // namespace ostler::operations

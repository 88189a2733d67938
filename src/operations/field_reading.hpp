// One value of a request from a text, by its shape and its rule. Refusals name the field, what was given and
// what is allowed.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "operations/field_facts.hpp"
#include "operations/shape.hpp"

namespace ostler::operations {

// "'state' is 'foo'; allowed: …"
std::unexpected<error> refuse_value(error_code code, std::string_view field, std::string_view given,
                                    std::string_view allowed);

// For the kinds that a text can stand for: everything but lists, optionals, structs and JSON. `field` is its
// path, as it is told in a refusal.
result<void> read_text(shape const& form, field_rule const& rule, std::string_view field,
                       std::string_view text, void* out);

// The parts of it that JSON needs too, where numbers are numbers.
result<void> set_text(shape const& form, field_rule const& rule, std::string_view field,
                      std::string_view text, void* out);
result<void> set_number(shape const& form, field_rule const& rule, std::string_view field,
                        std::string_view text, void* out);
result<void> set_duration(shape const& form, field_rule const& rule, std::string_view field,
                          milliseconds value, void* out);

}  // namespace ostler::operations

// Reads the part of TOML 1.0 that settings are written in, keeping the place of every key and value.
//
// It is a reader of our own, because what Debian has asserts, or reads what is not there, on texts that are
// not TOML (docs/decisions/0040-toml-reader.md). Refused by name are arrays of tables, dates, inf and nan: no
// setting is written so.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "config/node.hpp"

namespace ostler::config {

std::expected<node, text_mistake> parse_toml(std::string_view text);

// As they stand in TOML: a basic string, and a key that is quoted only where it must be.
std::string toml_text(std::string_view text);
std::string toml_key(std::string_view key);
// Any value in one line: lists and tables as [ … ] and { … }.
std::string toml_value(node const& value);

}  // namespace ostler::config

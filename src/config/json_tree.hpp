// The same settings as JSON: what `--config -` and the API take, and how the tables of providers are handed
// on.
//
// Read here and not by Boost.JSON, because that keeps no places for the caret, and its numbers of 1.81 are
// not always those that are written.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "config/node.hpp"

namespace ostler::config {

std::expected<node, text_mistake> parse_json(std::string_view text, std::size_t size_max = text_size_max);
std::string json_quoted(std::string_view text);
std::string json_text(node const& value);

}  // namespace ostler::config

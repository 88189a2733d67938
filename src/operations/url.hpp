// The pieces of a request's target: percent-encoding and queries.
//
// Nothing is repaired: a path is not normalised, and what is not well encoded is refused. In a query a plus
// is a blank, as forms and browsers have it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace ostler::operations {

constexpr std::size_t query_size_max = 64UL * 1024;
constexpr std::size_t query_keys_max = 256;

enum class plus_sign : std::uint8_t { is_itself, is_a_blank };

// `what` names it in the refusal: "the field path".
result<std::string> percent_decoded(std::string_view what, std::string_view text, plus_sign plus);
// Leaves letters, digits and "-._~" as they are.
std::string percent_encoded(std::string_view text);

struct query_pair {
  std::string key;
  std::string value;
  // `?follow` without a sign of equality.
  bool bare = false;
};
// In their order; a key may stand several times.
result<std::vector<query_pair>> split_query(std::string_view query);

}  // namespace ostler::operations

#include "operations/url.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "operations/shown.hpp"

namespace ostler::operations {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

result<std::string> percent_decoded(std::string_view what, std::string_view text, plus_sign plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == plus_sign::is_a_blank) {
      out += ' ';
      continue;
    }
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    auto const high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
    auto const low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0)
      return fail(error_code::text_malformed,
                  fmt::format("{} is {}, which is not percent-encoded; a percent sign is written %25", what,
                              shown(text)));
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (char const c : text) {
    if (is_plain(c)) {
      out += c;
      continue;
    }
    auto const byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

result<std::vector<query_pair>> split_query(std::string_view query) {
  std::vector<query_pair> pairs;
  if (query.size() > query_size_max)
    return fail(error_code::body_too_large,
                fmt::format("the query has {} bytes; allowed: at most {}", query.size(), query_size_max));
  while (!query.empty()) {
    auto const end = std::min(query.find('&'), query.size());
    auto const pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    if (pairs.size() == query_keys_max)
      return fail(error_code::body_too_large,
                  fmt::format("the query has too many fields; allowed: at most {}", query_keys_max));
    auto const sign = std::min(pair.find('='), pair.size());
    auto key = percent_decoded("a field of the query", pair.substr(0, sign), plus_sign::is_a_blank);
    if (!key) return std::unexpected(key.error());
    auto value = percent_decoded(fmt::format("the field {}", shown(*key)),
                                 pair.substr(std::min(sign + 1, pair.size())), plus_sign::is_a_blank);
    if (!value) return std::unexpected(value.error());
    pairs.push_back({.key = std::move(*key), .value = std::move(*value), .bare = sign == pair.size()});
  }
  return pairs;
}

}  // namespace ostler::operations

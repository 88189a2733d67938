#include "answers/log_cursor.hpp"

#include <charconv>
#include <fmt/format.h>

#include "base/name.hpp"

namespace ostler::answers {
namespace {

constexpr std::string_view version = "1";
constexpr char between = '~';
constexpr char before_number = '.';

}  // namespace

std::string write_log_cursor(log_positions const& all) {
  std::string out(version);
  for (auto const& [name, position] : all)
    out += fmt::format("{}{}{}{}", between, name, before_number, position);
  return out;
}

result<log_positions> read_log_cursor(std::string_view text) {
  auto const refuse = [whole = text] {
    return fail(error_code::text_malformed,
                fmt::format("{} is no cursor that an answer gave", in_quotes(whole)));
  };
  if (text.substr(0, text.find(between)) != version) return refuse();
  log_positions out;
  text.remove_prefix(version.size());
  while (!text.empty()) {
    text.remove_prefix(1);
    auto const part = text.substr(0, text.find(between));
    text.remove_prefix(part.size());
    auto const dot = part.rfind(before_number);
    if (dot == std::string_view::npos || dot == 0) return refuse();
    auto const number = part.substr(dot + 1);
    std::uint64_t position = 0;
    auto const [end, bad] = std::from_chars(number.data(), number.data() + number.size(), position);
    if (bad != std::errc() || end != number.data() + number.size()) return refuse();
    if (!out.emplace(part.substr(0, dot), position).second) return refuse();
  }
  return out;
}

}  // namespace ostler::answers

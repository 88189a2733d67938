#include "base/instant.hpp"

#include <array>
#include <fmt/format.h>
#include <limits>

#include "base/name.hpp"

namespace ostler {
namespace {

struct unit {
  std::string_view name;
  std::int64_t milliseconds;
};

// From large to small, the order in which they are written.
constexpr std::array units{
    unit{"d", 86'400'000}, unit{"h", 3'600'000}, unit{"m", 60'000}, unit{"s", 1'000}, unit{"ms", 1},
};

std::unexpected<error> refuse(std::string_view text, std::string_view why) {
  return fail(error_code::duration_invalid,
              fmt::format("{} is not a duration: {}; allowed: 250ms, 10s, 1m30s, 2h, 7d, at most {}",
                          in_quotes(text), why, format_duration(duration_max)));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

}  // namespace

result<milliseconds> parse_duration(std::string_view text) {
  if (text.empty()) return refuse(text, "it is empty");
  if (text.front() == '-') return refuse(text, "it is negative");
  if (text == "0") return milliseconds(0);

  std::int64_t total = 0;
  std::int64_t unit_before = std::numeric_limits<std::int64_t>::max();
  auto rest = text;
  while (!rest.empty()) {
    std::size_t digits = 0;
    while (digits < rest.size() && is_digit(rest[digits])) ++digits;
    if (digits == 0) return refuse(text, "a number is missing");
    if (digits > 12) return refuse(text, "the number is too large");
    std::int64_t number = 0;
    for (char const c : rest.substr(0, digits)) number = number * 10 + (c - '0');
    rest.remove_prefix(digits);

    std::size_t letters = 0;
    while (letters < rest.size() && is_letter(rest[letters])) ++letters;
    if (letters == 0) return refuse(text, "a unit (ms, s, m, h, d) is missing");
    auto const name = rest.substr(0, letters);
    rest.remove_prefix(letters);

    auto const* known = static_cast<unit const*>(nullptr);
    for (auto const& candidate : units)
      if (candidate.name == name) known = &candidate;
    if (known == nullptr) return refuse(text, fmt::format("the unit {} is unknown", in_quotes(name)));
    if (known->milliseconds >= unit_before) return refuse(text, "units go from large to small, each once");
    unit_before = known->milliseconds;

    auto const limit = milliseconds(duration_max).count();
    if (number > (limit - total) / known->milliseconds) return refuse(text, "it is too long");
    total += number * known->milliseconds;
  }
  return milliseconds(total);
}

std::string format_duration(milliseconds duration) {
  auto rest = duration.count();
  if (rest <= 0) return "0s";
  std::string text;
  for (auto const& unit : units) {
    if (rest / unit.milliseconds > 0) text += fmt::format("{}{}", rest / unit.milliseconds, unit.name);
    rest %= unit.milliseconds;
  }
  return text;
}

std::string format_wall_time(wall_time time) {
  auto const day = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day const date(day);
  std::chrono::hh_mm_ss const clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

}  // namespace ostler

#include "operations/text_values.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <fmt/format.h>

#include "operations/shown.hpp"

namespace ostler::operations {
namespace {

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// So many digits from the front, or nothing.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits || !is_digits(text.substr(0, digits))) return std::nullopt;
  int number = 0;
  std::from_chars(text.data(), text.data() + digits, number);
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, std::string_view allowed) {
  if (text.empty() || allowed.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::chrono::year_month_day> take_date(std::string_view& text) {
  auto const year = take_number(text, 4);
  if (!year || !take(text, "-")) return std::nullopt;
  auto const month = take_number(text, 2);
  if (!month || !take(text, "-")) return std::nullopt;
  auto const day = take_number(text, 2);
  if (!day) return std::nullopt;
  auto const date =
      std::chrono::year_month_day(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                  std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return date;
}

std::optional<milliseconds> take_time_of_day(std::string_view& text) {
  auto const hour = take_number(text, 2);
  if (!hour || *hour > 23 || !take(text, ":")) return std::nullopt;
  auto const minute = take_number(text, 2);
  if (!minute || *minute > 59 || !take(text, ":")) return std::nullopt;
  auto const second = take_number(text, 2);
  if (!second || *second > 59) return std::nullopt;
  auto time = milliseconds(std::chrono::hours(*hour) + std::chrono::minutes(*minute) + seconds(*second));
  if (!take(text, ".")) return time;
  // Digits beyond the milliseconds are allowed and cut off.
  auto const digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0) return std::nullopt;
  auto scale = 100;
  for (char const c : text.substr(0, std::min<std::size_t>(digits, 3))) {
    time += milliseconds((c - '0') * scale);
    scale /= 10;
  }
  text.remove_prefix(digits);
  return time;
}

std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
  if (take(text, "Zz")) return std::chrono::minutes(0);
  auto const sign = text.starts_with('-') ? -1 : 1;
  if (!take(text, "+-")) return std::nullopt;
  auto const hours = take_number(text, 2);
  if (!hours || *hours > 23 || !take(text, ":")) return std::nullopt;
  auto const minutes = take_number(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  return sign * (std::chrono::hours(*hours) + std::chrono::minutes(*minutes));
}

// RFC 3339.
std::optional<wall_time> parse_date_time(std::string_view text) {
  auto const date = take_date(text);
  if (!date || !take(text, "Tt ")) return std::nullopt;
  auto const time = take_time_of_day(text);
  if (!time) return std::nullopt;
  auto const offset = take_offset(text);
  if (!offset || !text.empty()) return std::nullopt;
  return wall_time(std::chrono::sys_days(*date)) + *time - *offset;
}

// The last millisecond of the year 9999: what lies behind it cannot be written.
constexpr std::int64_t milliseconds_most = 253'402'300'799'999;

std::optional<wall_time> parse_count(std::string_view text) {
  std::int64_t count = 0;
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (ec != std::errc() || end != text.data() + text.size() || count > milliseconds_most) return std::nullopt;
  return wall_time(milliseconds(count));
}

}  // namespace

wall_time point_in_time::against(wall_time now) const {
  if (at) return *at;
  return ago ? now - *ago : now;
}

result<point_in_time> parse_point_in_time(std::string_view text) {
  point_in_time out;
  if (is_digits(text)) {
    out.at = parse_count(text);
  } else if (text.find('-') != std::string_view::npos) {
    out.at = parse_date_time(text);
  } else if (auto const ago = parse_duration(text)) {
    out.ago = *ago;
  }
  if (out) return out;
  return fail(error_code::duration_invalid,
              fmt::format("{} is not a point in time; allowed: 10m (so long ago), 2026-11-21T12:16:03Z, "
                          "milliseconds since 1970",
                          shown(text)));
}

std::string format_point_in_time(point_in_time const& value) {
  if (value.at) return format_wall_time(*value.at);
  return value.ago ? format_duration(*value.ago) : std::string();
}

void write(std::string& out, point_in_time const& value) {
  wire::write_part(out, format_point_in_time(value));
}

result<void> read(point_in_time& out, wire::json_value const& from, std::string const& path) {
  std::string text;
  if (auto done = wire::read_part(text, from, path); !done) return done;
  out = {};
  if (text.empty()) return {};
  auto const parsed = parse_point_in_time(text);
  if (!parsed) return fail(parsed.error().code, path + ": " + parsed.error().message);
  out = *parsed;
  return {};
}

void write(std::string& out, unread_json const& value) { out += value.text.empty() ? "null" : value.text; }

result<void> read(unread_json& out, wire::json_value const& from, std::string const& /*path*/) {
  out.text = from.is_null() ? std::string() : wire::json_text(from);
  return {};
}

void write(std::string& out, file_path const& value) { wire::write_part(out, value.text); }

result<void> read(file_path& out, wire::json_value const& from, std::string const& path) {
  return wire::read_part(out.text, from, path);
}

}  // namespace ostler::operations

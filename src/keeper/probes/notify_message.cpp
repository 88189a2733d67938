#include "keeper/probes/notify_message.hpp"

#include <algorithm>
#include <charconv>

#include "base/instant.hpp"

namespace ostler::keeper {
namespace {

template <class Number> std::optional<Number> parse_within(std::string_view text, Number least, Number most) {
  Number number{};
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (number < least || number > most) return std::nullopt;
  return number;
}

unsigned byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
}

struct character {
  // In bytes; of what is no character, one.
  std::size_t length = 1;
  bool fit_to_show = false;
};

character first_character(std::string_view text) {
  auto const first = byte_at(text, 0);
  if (first < 0x80) return {.length = 1, .fit_to_show = first >= 0x20 && first != 0x7f};
  auto const length = first >= 0xf0 ? 4U : first >= 0xe0 ? 3U : 2U;
  if (first < 0xc2 || first > 0xf4) return {};
  std::uint32_t value = first & (0xffU >> (length + 1));
  for (std::size_t at = 1; at < length; ++at) {
    if ((byte_at(text, at) & 0xc0U) != 0x80U) return {};
    value = value << 6U | (byte_at(text, at) & 0x3fU);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x1'0000};
  if (value < least[length] || value > 0x10'ffff || (value >= 0xd800 && value <= 0xdfff)) return {};
  // From 0x80 to 0x9f there are control characters again.
  return {.length = length, .fit_to_show = value >= 0xa0};
}

std::string made_safe(std::string_view text) {
  std::string made;
  while (!text.empty()) {
    auto const next = first_character(text);
    if (next.fit_to_show) {
      if (made.size() + next.length > notify_status_max) break;
      made += text.substr(0, next.length);
    }
    text.remove_prefix(next.length);
  }
  return made;
}

// Whether it is one that we know.
bool take(notify_message& message, std::string_view key, std::string_view value) {
  constexpr std::int64_t timeout_max = std::chrono::microseconds(duration_max).count();
  constexpr std::int32_t pid_max = 1 << 22;
  constexpr int errno_max = 4095;
  auto const flag = [&](bool& field) {
    if (value != "1") return false;
    field = true;
    return true;
  };
  auto const number = [&](auto& field, auto parsed) {
    // The last that makes sense stays.
    if (parsed) field = parsed;
    return parsed.has_value();
  };
  if (key == "READY") return flag(message.ready);
  if (key == "STOPPING") return flag(message.stopping);
  if (key == "RELOADING") return flag(message.reloading);
  if (key == "WATCHDOG") return flag(message.watchdog);
  if (key == "MAINPID") return number(message.main_pid, parse_within<std::int32_t>(value, 1, pid_max));
  if (key == "ERRNO") return number(message.error_number, parse_within<int>(value, 0, errno_max));
  if (key == "EXTEND_TIMEOUT_USEC") {
    auto const parsed = parse_within<std::int64_t>(value, 0, timeout_max);
    if (parsed) message.extend_timeout = std::chrono::microseconds(*parsed);
    return parsed.has_value();
  }
  if (key != "STATUS") return false;
  message.status = made_safe(value);
  return true;
}

}  // namespace

std::optional<notify_message> parse_notify(std::string_view text) {
  notify_message message;
  bool any = false;
  while (!text.empty()) {
    auto const line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    auto const equals = line.find('=');
    if (equals != line.npos && take(message, line.substr(0, equals), line.substr(equals + 1))) any = true;
  }
  if (!any) return std::nullopt;
  return message;
}

}  // namespace ostler::keeper

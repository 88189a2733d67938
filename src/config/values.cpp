#include "config/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>

#include "base/name.hpp"
#include "config/keys.hpp"

namespace ostler::config {
namespace {

bool is_variable_name(std::string_view text) {
  auto const letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && letter(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

// A text of digits alone.
std::optional<std::int64_t> digits(std::string_view text) {
  std::int64_t number = 0;
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool const all =
      !text.empty() && text.front() != '-' && ec == std::errc() && end == text.data() + text.size();
  return all ? std::optional(number) : std::nullopt;
}

struct unit {
  char letter;
  unsigned bits;
};
constexpr std::array size_units{unit{'T', 40}, unit{'G', 30}, unit{'M', 20}, unit{'K', 10}};

// The parts of "a..b".
std::optional<std::pair<std::string_view, std::string_view>> split(std::string_view text) {
  auto const dots = text.find("..");
  if (dots == text.npos) return std::nullopt;
  return std::pair(text.substr(0, dots), text.substr(dots + 2));
}

constexpr std::string_view path_allowed =
    "a path below the project, such as \".env\"; no \"..\", no '/' or '~' at its beginning";

}  // namespace

bool is_path_inside(std::string_view path) {
  if (is_blank(path) || path.starts_with('/') || path.starts_with('~')) return false;
  while (!path.empty()) {
    auto const end = std::min(path.find('/'), path.size());
    if (path.substr(0, end) == "..") return false;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return true;
}

void given::refuse_kind(std::string allowed) const {
  told.tell(error_code::value_unknown, value.at, fmt::format("{} cannot be {}", name, kind_of(value)),
            std::move(allowed));
}

void given::refuse(error_code code, std::string_view why, std::string allowed) const {
  told.tell(code, value.at, fmt::format("{}: {}", name, why), std::move(allowed));
}

std::optional<bool> flag_of(given const& what) {
  if (auto const* flag = std::get_if<bool>(&what.value.value)) return *flag;
  what.refuse_kind("true or false");
  return std::nullopt;
}

std::optional<std::int64_t> whole_of(given const& what, std::int64_t least, std::int64_t most) {
  auto const allowed =
      least == most ? fmt::format("{}", least) : fmt::format("a whole number from {} to {}", least, most);
  auto const* number = std::get_if<std::int64_t>(&what.value.value);
  if (number == nullptr) {
    what.refuse_kind(allowed);
  } else if (*number < least || *number > most) {
    what.refuse(error_code::value_out_of_range, fmt::format("{} is out of range", *number), allowed);
  } else {
    return *number;
  }
  return std::nullopt;
}

std::optional<std::string> text_of(given const& what, std::span<std::string_view const> beginnings) {
  std::vector<std::string_view> wanted;
  for (auto const each : beginnings)
    if (!each.empty()) wanted.push_back(each);
  auto const allowed = wanted.empty() ? std::string("a text in quotes")
                                      : fmt::format("a text that begins with {}", fmt::join(wanted, " or "));
  auto const* text = what.value.text();
  if (text == nullptr) {
    what.refuse_kind(allowed);
    return std::nullopt;
  }
  if (wanted.empty() || std::ranges::any_of(wanted, [&](auto each) { return text->starts_with(each); }))
    return *text;
  what.refuse(error_code::value_unknown, fmt::format("{} does not begin as it must", in_quotes(*text)),
              allowed);
  return std::nullopt;
}

std::optional<std::string> path_of(given const& what) {
  auto const* text = what.value.text();
  if (text == nullptr) {
    what.refuse_kind(std::string(path_allowed));
    return std::nullopt;
  }
  if (is_path_inside(*text)) return *text;
  what.refuse(error_code::value_unknown, fmt::format("{} is no path below the project", in_quotes(*text)),
              std::string(path_allowed));
  return std::nullopt;
}

std::optional<std::string> signal_of(given const& what) {
  auto const allowed = fmt::format("{}", fmt::join(known_signals, ", "));
  auto const* text = what.value.text();
  if (text == nullptr) {
    what.refuse_kind(allowed);
    return std::nullopt;
  }
  auto name = std::string_view(*text);
  if (name.starts_with("SIG")) name.remove_prefix(3);
  if (std::ranges::find(known_signals, name) != known_signals.end()) return std::string(name);
  what.refuse(error_code::value_unknown,
              fmt::format("{} is no signal{}", in_quotes(*text), did_you_mean(name, known_signals)), allowed);
  return std::nullopt;
}

std::optional<std::string> choice_of(given const& what, std::span<std::string_view const> choices) {
  auto const allowed = fmt::format("\"{}\"", fmt::join(choices, "\", \""));
  auto const* text = what.value.text();
  if (text == nullptr) {
    what.refuse_kind(allowed);
    return std::nullopt;
  }
  if (std::ranges::find(choices, *text) != choices.end()) return *text;
  what.refuse(error_code::value_unknown,
              fmt::format("{} is unknown{}", in_quotes(*text), did_you_mean(*text, choices)), allowed);
  return std::nullopt;
}

std::optional<std::vector<std::string>> texts_of(given const& what) {
  constexpr std::string_view allowed = "a text, or a list of texts";
  if (auto const* one = what.value.text()) return std::vector{*one};
  auto const* list = what.value.list();
  if (list == nullptr) {
    what.refuse_kind(std::string(allowed));
    return std::nullopt;
  }
  std::vector<std::string> out;
  for (auto const& each : *list) {
    if (each.text() == nullptr) {
      given{each, what.name, what.told}.refuse_kind("texts in the list");
      return std::nullopt;
    }
    out.push_back(*each.text());
  }
  return out;
}

std::optional<std::vector<std::string>> paths_of(given const& what) {
  auto const* list = what.value.list();
  if (list == nullptr) {
    auto one = path_of(what);
    return one ? std::optional(std::vector{*std::move(one)}) : std::nullopt;
  }
  std::vector<std::string> out;
  for (auto const& each : *list) {
    auto one = path_of({each, what.name, what.told});
    if (!one) return std::nullopt;
    out.push_back(*std::move(one));
  }
  return out;
}

std::optional<std::vector<std::string>> variables_of(given const& what) {
  auto const* inside = what.value.members();
  if (inside == nullptr) {
    what.refuse_kind("a table of texts: NAME = \"value\"");
    return std::nullopt;
  }
  std::vector<std::string> out;
  bool sound = true;
  for (auto const& each : inside->members) {
    if (!is_variable_name(each.key)) {
      what.told.tell(error_code::value_unknown, each.at,
                     fmt::format("{} is no name of a variable", in_quotes(each.key)),
                     "a-z, A-Z, 0-9 and '_', no digit first");
      sound = false;
    } else if (auto const* text = each.value.text()) {
      out.push_back(each.key + "=" + *text);
    } else if (std::holds_alternative<std::int64_t>(each.value.value)) {
      out.push_back(fmt::format("{}={}", each.key, std::get<std::int64_t>(each.value.value)));
    } else if (std::holds_alternative<bool>(each.value.value)) {
      out.push_back(fmt::format("{}={}", each.key, std::get<bool>(each.value.value)));
    } else {
      auto const name = what.name + "." + each.key;
      given{each.value, name, what.told}.refuse_kind("a text, a whole number, true or false");
      sound = false;
    }
  }
  return sound ? std::optional(std::move(out)) : std::nullopt;
}

std::optional<milliseconds> duration_of(given const& what, milliseconds least) {
  auto const allowed = fmt::format("durations such as \"250ms\", \"10s\", \"1m30s\"; {} to {}",
                                   format_duration(least), format_duration(duration_max));
  auto const* text = what.value.text();
  if (text == nullptr) {
    what.refuse_kind(allowed);
    return std::nullopt;
  }
  auto const read = parse_duration(*text);
  if (!read) {
    what.refuse(error_code::duration_invalid, fmt::format("{} is no duration", in_quotes(*text)), allowed);
    return std::nullopt;
  }
  if (*read >= least) return *read;
  what.refuse(error_code::value_out_of_range, fmt::format("{} is too short", in_quotes(*text)), allowed);
  return std::nullopt;
}

std::optional<std::pair<milliseconds, milliseconds>> durations_of(given const& what) {
  constexpr std::string_view allowed = "two durations, the shorter first: \"1s..30s\"";
  auto const* text = what.value.text();
  if (text == nullptr) {
    what.refuse_kind(std::string(allowed));
    return std::nullopt;
  }
  auto const parts = split(*text);
  auto const first = parts ? parse_duration(parts->first) : result<milliseconds>(0ms);
  auto const last = parts ? parse_duration(parts->second) : result<milliseconds>(0ms);
  if (parts && first && last && *first <= *last) return std::pair(*first, *last);
  what.refuse(error_code::duration_invalid,
              fmt::format("{} is not from one duration to another", in_quotes(*text)), std::string(allowed));
  return std::nullopt;
}

std::optional<std::int64_t> size_of(given const& what) {
  constexpr std::string_view allowed =
      "bytes, or a size such as \"512M\" or \"4G\" (K, M, G, T; each 1024 of the one before)";
  std::optional<std::int64_t> number;
  unsigned bits = 0;
  if (auto const* bytes = std::get_if<std::int64_t>(&what.value.value)) {
    number = *bytes;
  } else if (auto const* text = what.value.text()) {
    auto rest = std::string_view(*text);
    for (auto const& each : size_units)
      if (bits == 0 && rest.ends_with(each.letter)) {
        bits = each.bits;
        rest.remove_suffix(1);
      }
    number = digits(rest);
    if (!number) {
      what.refuse(error_code::value_unknown, fmt::format("{} is no size", in_quotes(*text)),
                  std::string(allowed));
      return std::nullopt;
    }
  } else {
    what.refuse_kind(std::string(allowed));
    return std::nullopt;
  }
  if (*number > 0 && *number <= (std::numeric_limits<std::int64_t>::max() >> bits)) return *number << bits;
  what.refuse(error_code::value_out_of_range, "the size is out of range", std::string(allowed));
  return std::nullopt;
}

std::optional<std::int64_t> processors_of(given const& what) {
  constexpr double most = 4096;
  constexpr std::string_view allowed = "a number such as 2 or 0.5; 0.001 to 4096";
  double number = 0;
  if (auto const* whole = std::get_if<std::int64_t>(&what.value.value)) {
    number = static_cast<double>(*whole);
  } else if (auto const* real = std::get_if<double>(&what.value.value)) {
    number = *real;
  } else {
    what.refuse_kind(std::string(allowed));
    return std::nullopt;
  }
  if (number >= 0.001 && number <= most) return std::llround(number * 1000);
  what.refuse(error_code::value_out_of_range, "the number of processors is out of range",
              std::string(allowed));
  return std::nullopt;
}

std::optional<wire::port_spec> port_of(given const& what) {
  constexpr std::string_view allowed = "\"auto\", or a whole number from 1 to 65535";
  if (auto const* number = std::get_if<std::int64_t>(&what.value.value)) {
    if (*number >= 1 && *number <= port_max)
      return wire::port_spec{wire::port_kind::fixed, static_cast<std::uint16_t>(*number)};
    what.refuse(error_code::value_out_of_range, fmt::format("{} is no port", *number), std::string(allowed));
    return std::nullopt;
  }
  auto const* text = what.value.text();
  if (text != nullptr && *text == "auto") return wire::port_spec{wire::port_kind::automatic, 0};
  if (text != nullptr)
    what.refuse(error_code::value_unknown, fmt::format("{} is no port", in_quotes(*text)),
                std::string(allowed));
  else
    what.refuse_kind(std::string(allowed));
  return std::nullopt;
}

std::optional<std::pair<int, int>> statuses_of(given const& what) {
  constexpr std::string_view allowed = "a status such as 200, or two of them: \"200..399\"; 100 to 599";
  auto const fits = [](std::optional<std::int64_t> number) {
    return number && *number >= 100 && *number <= 599;
  };
  if (auto const* one = std::get_if<std::int64_t>(&what.value.value)) {
    if (fits(*one)) return std::pair(static_cast<int>(*one), static_cast<int>(*one));
    what.refuse(error_code::value_out_of_range, fmt::format("{} is no status", *one), std::string(allowed));
    return std::nullopt;
  }
  auto const* text = what.value.text();
  if (text == nullptr) {
    what.refuse_kind(std::string(allowed));
    return std::nullopt;
  }
  auto const parts = split(*text);
  auto const least = parts ? digits(parts->first) : std::nullopt;
  auto const most = parts ? digits(parts->second) : std::nullopt;
  if (fits(least) && fits(most) && *least <= *most)
    return std::pair(static_cast<int>(*least), static_cast<int>(*most));
  what.refuse(error_code::value_unknown,
              fmt::format("{} is not from one status to another", in_quotes(*text)), std::string(allowed));
  return std::nullopt;
}

std::optional<command_line> command_of(given const& what) {
  constexpr std::string_view allowed = "a line for /bin/sh, or a list of the program and its arguments";
  auto words = texts_of(what);
  if (!words) return std::nullopt;
  bool const shell = what.value.text() != nullptr;
  if (!words->empty() && !is_blank(words->front())) return command_line{*std::move(words), shell};
  what.refuse(error_code::value_unknown, "there is no command", std::string(allowed));
  return std::nullopt;
}

std::string format_size(std::int64_t bytes) {
  for (auto const& each : size_units)
    if (bytes > 0 && bytes % (std::int64_t{1} << each.bits) == 0)
      return fmt::format("\"{}{}\"", bytes >> each.bits, each.letter);
  return fmt::format("{}", bytes);
}

}  // namespace ostler::config

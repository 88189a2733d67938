#include "operations/field_reading.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/ensure.hpp"
#include "operations/shown.hpp"

namespace ostler::operations {
namespace {

struct bounds {
  std::int64_t least;
  std::uint64_t most;
};

// What both the kind of number and the rule allow.
bounds bounds_of(shape const& form, field_rule const& rule) {
  if (rule.kind != rule_kind::range) return {form.least, form.most};
  return {static_cast<std::int64_t>(rule.least), std::min(rule.most, form.most)};
}

result<void> set_word(shape const& form, std::string_view field, std::string_view text, void* out) {
  auto const found = std::ranges::find(form.words, text);
  if (found == form.words.end()) {
    std::vector<std::string_view> const words(form.words.begin(), form.words.end());
    return refuse_value(error_code::value_unknown, field, text,
                        fmt::format("{}{}", fmt::join(words, ", "), did_you_mean(text, words)));
  }
  form.set_number(out, static_cast<std::uint64_t>(found - form.words.begin()));
  return {};
}

result<void> set_boolean(shape const& form, std::string_view field, std::string_view text, void* out) {
  bool const yes = text == "true" || text == "1";
  if (!yes && text != "false" && text != "0")
    return refuse_value(error_code::value_unknown, field, text, "true, false, 1, 0");
  form.set_number(out, yes ? 1 : 0);
  return {};
}

result<void> set_point(std::string_view field, std::string_view text, void* out) {
  auto const parsed = parse_point_in_time(text);
  if (!parsed)
    return refuse_value(error_code::duration_invalid, field, text,
                        "10m (so long ago), 2026-11-21T12:16:03Z, milliseconds since 1970");
  *static_cast<point_in_time*>(out) = *parsed;
  return {};
}

result<void> set_time(shape const& form, std::string_view field, std::string_view text, void* out) {
  auto const parsed = parse_point_in_time(text);
  if (!parsed || !parsed->at)
    return refuse_value(error_code::duration_invalid, field, text,
                        "2026-11-21T12:16:03Z, milliseconds since 1970");
  form.set_number(out, static_cast<std::uint64_t>(parsed->at->time_since_epoch().count()));
  return {};
}

error_code code_for(field_rule const& rule) {
  bool const is_name =
      rule.kind == rule_kind::label || rule.kind == rule_kind::service || rule.kind == rule_kind::reference;
  if (is_name) return error_code::name_invalid;
  return rule.kind == rule_kind::length ? error_code::value_out_of_range : error_code::value_unknown;
}

}  // namespace

std::unexpected<error> refuse_value(error_code code, std::string_view field, std::string_view given,
                                    std::string_view allowed) {
  return fail(code, fmt::format("{} is {}; allowed: {}", shown(field), shown(given), allowed));
}

result<void> set_text(shape const& form, field_rule const& rule, std::string_view field,
                      std::string_view text, void* out) {
  if (text.find('\0') != text.npos)
    return refuse_value(error_code::text_malformed, field, text, "a text without NUL");
  if (form.kind != shape_kind::path && !is_utf8(text))
    return refuse_value(error_code::text_malformed, field, text, "UTF-8");
  if (!allows_text(rule, text)) return refuse_value(code_for(rule), field, text, allowed_by(rule));
  if (!form.set_text(out, text))
    return refuse_value(error_code::text_malformed, field, text,
                        fmt::format("an id that begins with {}", form.name));
  return {};
}

result<void> set_number(shape const& form, field_rule const& rule, std::string_view field,
                        std::string_view text, void* out) {
  auto const allowed = bounds_of(form, rule);
  auto const refused = [&] {
    return refuse_value(error_code::value_out_of_range, field, text,
                        fmt::format("whole numbers from {} to {}", allowed.least, allowed.most));
  };
  auto const* const end = text.data() + text.size();
  if (text.starts_with('-')) {
    std::int64_t number = 0;
    auto const [stop, ec] = std::from_chars(text.data(), end, number);
    if (ec != std::errc() || stop != end || number < allowed.least) return refused();
    form.set_number(out, static_cast<std::uint64_t>(number));
    return {};
  }
  std::uint64_t number = 0;
  auto const [stop, ec] = std::from_chars(text.data(), end, number);
  bool const low = allowed.least > 0 && number < static_cast<std::uint64_t>(allowed.least);
  if (ec != std::errc() || stop != end || low || number > allowed.most) return refused();
  form.set_number(out, number);
  return {};
}

result<void> set_duration(shape const& form, field_rule const& rule, std::string_view field,
                          milliseconds value, void* out) {
  auto most = milliseconds(duration_max);
  auto least = milliseconds(0);
  if (rule.kind == rule_kind::range) {
    least = milliseconds(static_cast<milliseconds::rep>(rule.least));
    most = milliseconds(static_cast<milliseconds::rep>(rule.most));
  }
  if (value < least || value > most)
    return refuse_value(error_code::duration_invalid, field, fmt::format("{}ms", value.count()),
                        fmt::format("{} to {}", format_duration(least), format_duration(most)));
  form.set_number(out, static_cast<std::uint64_t>(value.count()));
  return {};
}

result<void> read_text(shape const& form, field_rule const& rule, std::string_view field,
                       std::string_view text, void* out) {
  switch (form.kind) {
    case shape_kind::boolean: return set_boolean(form, field, text, out);
    case shape_kind::integer: return set_number(form, rule, field, text, out);
    case shape_kind::text:
    case shape_kind::path:
    case shape_kind::identifier: return set_text(form, rule, field, text, out);
    case shape_kind::enumeration: return set_word(form, field, text, out);
    case shape_kind::point: return set_point(field, text, out);
    case shape_kind::time: return set_time(form, field, text, out);
    case shape_kind::duration: {
      auto const parsed = parse_duration(text);
      if (!parsed)
        return refuse_value(error_code::duration_invalid, field, text,
                            "durations as 250ms, 10s, 1m30s, 2h, 7d");
      return set_duration(form, rule, field, *parsed, out);
    }
    case shape_kind::json:
    case shape_kind::services:
    case shape_kind::optional:
    case shape_kind::list:
    case shape_kind::structure:
    case shape_kind::choice: break;
  }
  ensure(false, "only what is plain is read from a text");
  return {};
}

}  // namespace ostler::operations

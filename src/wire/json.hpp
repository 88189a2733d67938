// Values of ours as JSON and back, by reflection over Boost.Describe, so that a field is named once.
//
// Writing goes straight into a string. Reading skips keys it does not know and leaves fields at their
// defaults that are not there, so that an older and a newer program understand each other; what is there must
// have the right kind, and an error names the path to it. Texts are kept byte by byte, also where they are
// not UTF-8.
#pragma once

#include <algorithm>
#include <boost/describe.hpp>
#include <boost/json.hpp>
#include <boost/mp11.hpp>
#include <concepts>
#include <cstdint>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/ensure.hpp"
#include "base/id.hpp"
#include "base/instant.hpp"
#include "base/name.hpp"
#include "base/result.hpp"

namespace ostler::wire {

constexpr std::size_t json_depth_max = 64;
constexpr std::size_t json_size_max = 16UL * 1024 * 1024;

namespace detail {

template <class T>
concept described_struct = boost::describe::has_describe_members<T>::value && !std::is_union_v<T>;
template <class T>
concept described_enum = boost::describe::has_describe_enumerators<T>::value;

template <class T>
using members_of =
    boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

void write_text(std::string& out, std::string_view text);
// Parses with the limits above.
result<boost::json::value> parse(std::string_view text);
std::unexpected<error> wrong_kind(std::string_view path, std::string_view expected);

inline void write(std::string& out, bool value) { out += value ? "true" : "false"; }
inline void write(std::string& out, std::string const& value) { write_text(out, value); }
inline void write(std::string& out, milliseconds value) { out += fmt::format_int(value.count()).c_str(); }
// Codes of errors by their name, which never changes, like the code itself.
inline void write(std::string& out, error_code value) { write_text(out, facts(value).name); }
inline void write(std::string& out, wall_time value) { write(out, value.time_since_epoch()); }
template <std::integral T> void write(std::string& out, T value) { out += fmt::format_int(value).c_str(); }
template <class Kind> void write(std::string& out, id<Kind> const& value) {
  write_text(out, value ? value.text() : std::string());
}
template <described_enum T> void write(std::string& out, T value) {
  auto const* text = boost::describe::enum_to_string(value, static_cast<char const*>(nullptr));
  ensure(text != nullptr, "every enumerator that is written is described");
  write_text(out, text);
}
template <class T> void write(std::string& out, std::optional<T> const& value);
template <class T> void write(std::string& out, std::vector<T> const& values);
template <described_struct T> void write(std::string& out, T const& value);

template <class T> void write(std::string& out, std::optional<T> const& value) {
  if (value)
    write(out, *value);
  else
    out += "null";
}

template <class T> void write(std::string& out, std::vector<T> const& values) {
  out += '[';
  bool first = true;
  for (auto const& value : values) {
    if (!first) out += ',';
    first = false;
    write(out, value);
  }
  out += ']';
}

template <described_struct T> void write(std::string& out, T const& value) {
  out += '{';
  bool first = true;
  boost::mp11::mp_for_each<members_of<T>>([&](auto member) {
    if (!first) out += ',';
    first = false;
    out += '"';
    out += member.name;
    out += "\":";
    write(out, value.*member.pointer);
  });
  out += '}';
}

using json_value = boost::json::value;

result<void> read(bool& out, json_value const& from, std::string const& path);
result<void> read(std::string& out, json_value const& from, std::string const& path);
result<void> read(error_code& out, json_value const& from, std::string const& path);
result<std::int64_t> read_integer(json_value const& from, std::string const& path, std::int64_t least,
                                  std::uint64_t most);

template <std::integral T> result<void> read(T& out, json_value const& from, std::string const& path) {
  if constexpr (std::is_same_v<T, std::uint64_t>) {
    // The one kind that does not fit a signed number.
    if (auto const* large = from.if_uint64()) {
      out = *large;
      return {};
    }
  }
  auto const number = read_integer(from, path, static_cast<std::int64_t>(std::numeric_limits<T>::min()),
                                   static_cast<std::uint64_t>(std::numeric_limits<T>::max()));
  if (!number) return std::unexpected(number.error());
  out = static_cast<T>(*number);
  return {};
}

inline result<void> read(milliseconds& out, json_value const& from, std::string const& path) {
  milliseconds::rep count = 0;
  auto done = read(count, from, path);
  out = milliseconds(count);
  return done;
}

inline result<void> read(wall_time& out, json_value const& from, std::string const& path) {
  milliseconds since{};
  auto done = read(since, from, path);
  out = wall_time(since);
  return done;
}

template <class Kind> result<void> read(id<Kind>& out, json_value const& from, std::string const& path) {
  std::string text;
  if (auto done = read(text, from, path); !done) return done;
  if (text.empty()) {
    out = {};
    return {};
  }
  auto const parsed = id<Kind>::parse(text);
  if (!parsed) return wrong_kind(path, "an id");
  out = *parsed;
  return {};
}

template <described_enum T> result<void> read(T& out, json_value const& from, std::string const& path) {
  auto const* text = from.if_string();
  // Describe compares up to the first NUL; what lies behind it must not be overlooked.
  if (text == nullptr || text->find('\0') != text->npos ||
      !boost::describe::enum_from_string(text->c_str(), out)) {
    std::string names;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>(
        [&](auto one) { names += (names.empty() ? "" : ", ") + std::string(one.name); });
    return wrong_kind(path, "one of " + names);
  }
  return {};
}

template <class T> result<void> read(std::optional<T>& out, json_value const& from, std::string const& path);
template <class T> result<void> read(std::vector<T>& out, json_value const& from, std::string const& path);
template <described_struct T> result<void> read(T& out, json_value const& from, std::string const& path);

template <class T> result<void> read(std::optional<T>& out, json_value const& from, std::string const& path) {
  out.reset();
  if (from.is_null()) return {};
  return read(out.emplace(), from, path);
}

template <class T> result<void> read(std::vector<T>& out, json_value const& from, std::string const& path) {
  auto const* array = from.if_array();
  if (array == nullptr) return wrong_kind(path, "a list");
  out.clear();
  out.reserve(array->size());
  for (std::size_t i = 0; i < array->size(); ++i)
    if (auto done = read(out.emplace_back(), (*array)[i], fmt::format("{}[{}]", path, i)); !done) return done;
  return {};
}

template <described_struct T> result<void> read(T& out, json_value const& from, std::string const& path) {
  auto const* object = from.if_object();
  if (object == nullptr) return wrong_kind(path, "an object");
  result<void> done;
  boost::mp11::mp_for_each<members_of<T>>([&](auto member) {
    if (!done) return;
    auto const* value = object->if_contains(member.name);
    if (value != nullptr) done = read(out.*member.pointer, *value, path + "." + member.name);
  });
  return done;
}

}  // namespace detail

template <class T> std::string to_json(T const& value) {
  std::string out;
  detail::write(out, value);
  return out;
}

template <class T> result<T> from_json(std::string_view text) {
  auto const parsed = detail::parse(text);
  if (!parsed) return std::unexpected(parsed.error());
  T out{};
  if (auto const done = detail::read(out, *parsed, "$"); !done) return std::unexpected(done.error());
  return out;
}

// For what people write: keys that T does not have are refused, at the top.
template <class T> result<T> from_json_exactly(std::string_view text) {
  auto const parsed = detail::parse(text);
  if (!parsed) return std::unexpected(parsed.error());
  auto const* object = parsed->if_object();
  if (object == nullptr) return detail::wrong_kind("$", "an object");
  std::vector<std::string_view> known;
  boost::mp11::mp_for_each<detail::members_of<T>>([&](auto member) { known.emplace_back(member.name); });
  for (auto const& [key, value] : *object)
    if (std::ranges::find(known, std::string_view(key)) == known.end())
      return fail(error_code::value_unknown,
                  fmt::format("{} is unknown; allowed: {}", in_quotes(key), fmt::join(known, ", ")));
  T out{};
  if (auto const done = detail::read(out, *parsed, "$"); !done) return std::unexpected(done.error());
  return out;
}

}  // namespace ostler::wire

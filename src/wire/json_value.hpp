// A JSON text taken apart before it is known what it is to become, and the concepts that tell the kinds of
// values apart. For those who walk values of ours themselves, because they say more about a mistake, or
// describe the values instead of filling them.
#pragma once

#include <string_view>

#include "wire/json.hpp"

namespace ostler::wire {

using json_value = boost::json::value;

template <class T>
concept described_struct = detail::described_struct<T>;
template <class T>
concept described_enum = detail::described_enum<T>;

template <class T> using members_of = detail::members_of<T>;

// With the limits of from_json().
inline result<json_value> parse_json(std::string_view text) { return detail::parse(text); }
// One value read or written as a part of something larger; `path` is for the refusal. A type that is no
// described struct brings write() and read() of its own, beside itself.
template <class T> void write_part(std::string& out, T const& value) {
  using detail::write;
  write(out, value);
}
template <class T> result<void> read_part(T& out, json_value const& from, std::string const& path) {
  using detail::read;
  return read(out, from, path);
}
inline std::string json_text(json_value const& value) { return boost::json::serialize(value); }

}  // namespace ostler::wire

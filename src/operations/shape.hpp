// The form of a value as data: its kind, and for a struct its fields. Made once from the descriptors of
// Boost.Describe; everything that looks at values by form (reading of requests, schemas, pages) is ordinary
// code over it, compiled once instead of once for each value.
//
// A shape says how a value lies in memory, so a pointer that is handed to its functions must be to a value of
// that very type. shape_of<T> and the templates beside it are the only ones who bring the two together.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/error.hpp"
#include "base/id.hpp"
#include "base/instant.hpp"
#include "operations/service_values.hpp"
#include "operations/text_values.hpp"
#include "wire/json_value.hpp"

namespace ostler::operations {

enum class shape_kind : std::uint8_t {
  boolean,
  integer,
  text,
  path,        // file_path
  duration,    // milliseconds
  time,        // wall_time
  point,       // point_in_time
  identifier,  // id<Kind>
  enumeration,
  json,      // unread_json
  services,  // service_map
  optional,
  list,
  structure,
  choice,  // one_of<…>: one of several structs; has no value in memory
};

struct shape;

struct member {
  std::string_view name;
  shape const* form;
  void* (*in)(void* whole);
};

struct shape {
  shape_kind kind;
  std::string_view name = {};  // of a struct or an enumeration; the prefix of an identifier
  std::int64_t least = 0;      // of an integer
  std::uint64_t most = 0;
  std::span<std::string_view const> words = {};
  std::span<member const> members = {};
  std::span<shape const* const> alternatives = {};
  shape const* element = nullptr;  // of an optional or a list

  // Booleans, integers, durations, times, and enumerations by the place of their word.
  void (*set_number)(void* value, std::uint64_t bits) = nullptr;
  // Texts, paths and identifiers; false when an identifier is none.
  bool (*set_text)(void* value, std::string_view text) = nullptr;
  // Optionals and lists: makes an element and gives its place.
  void* (*add)(void* value) = nullptr;
  std::size_t (*size)(void const* value) = nullptr;
  void const* (*at)(void const* value, std::size_t index) = nullptr;
  // As JSON, by wire.
  void (*write)(std::string& out, void const* value) = nullptr;
  // A value of a struct in which nothing was set.
  void const* (*untouched)() = nullptr;

  constexpr member const* find(std::string_view field) const {
    for (auto const& one : members)
      if (one.name == field) return &one;
    return nullptr;
  }
};

template <class... Values> struct one_of {};

namespace detail {

// The last word of the type's name.
template <class T> consteval std::string_view name_of() {
  std::string_view text = __PRETTY_FUNCTION__;
  text = text.substr(text.find("T = ") + 4);
  text.remove_suffix(1);
  auto const last = text.rfind("::");
  return last == text.npos ? text : text.substr(last + 2);
}

template <class T> T& as(void* value) { return *static_cast<T*>(value); }
template <class T> T const& as(void const* value) { return *static_cast<T const*>(value); }

template <class T> void write_as(std::string& out, void const* value) { wire::write_part(out, as<T>(value)); }

template <class T> consteval shape leaf(shape_kind kind) { return {.kind = kind, .write = write_as<T>}; }

template <class T> struct shaped;

}  // namespace detail

template <class T> inline constexpr shape shape_of = detail::shaped<T>::make();

namespace detail {

template <> struct shaped<bool> {
  static consteval shape make() {
    auto out = leaf<bool>(shape_kind::boolean);
    out.set_number = [](void* value, std::uint64_t bits) { as<bool>(value) = bits != 0; };
    return out;
  }
};

template <std::integral T> struct shaped<T> {
  static consteval shape make() {
    auto out = leaf<T>(shape_kind::integer);
    out.least = static_cast<std::int64_t>(std::numeric_limits<T>::min());
    out.most = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
    out.set_number = [](void* value, std::uint64_t bits) { as<T>(value) = static_cast<T>(bits); };
    return out;
  }
};

template <> struct shaped<std::string> {
  static consteval shape make() {
    auto out = leaf<std::string>(shape_kind::text);
    out.set_text = [](void* value, std::string_view text) {
      as<std::string>(value) = text;
      return true;
    };
    return out;
  }
};

template <> struct shaped<file_path> {
  static consteval shape make() {
    auto out = leaf<file_path>(shape_kind::path);
    out.set_text = [](void* value, std::string_view text) {
      as<file_path>(value).text = text;
      return true;
    };
    return out;
  }
};

template <> struct shaped<milliseconds> {
  static consteval shape make() {
    auto out = leaf<milliseconds>(shape_kind::duration);
    out.set_number = [](void* value, std::uint64_t bits) {
      as<milliseconds>(value) = milliseconds(static_cast<std::int64_t>(bits));
    };
    return out;
  }
};

template <> struct shaped<wall_time> {
  static consteval shape make() {
    auto out = leaf<wall_time>(shape_kind::time);
    out.set_number = [](void* value, std::uint64_t bits) {
      as<wall_time>(value) = wall_time(milliseconds(static_cast<std::int64_t>(bits)));
    };
    return out;
  }
};

template <> struct shaped<point_in_time> {
  static consteval shape make() { return leaf<point_in_time>(shape_kind::point); }
};
template <> struct shaped<unread_json> {
  static consteval shape make() { return leaf<unread_json>(shape_kind::json); }
};

template <class Kind> struct shaped<id<Kind>> {
  static consteval shape make() {
    auto out = leaf<id<Kind>>(shape_kind::identifier);
    out.name = Kind::prefix;
    out.set_text = [](void* value, std::string_view text) {
      auto const parsed = id<Kind>::parse(text);
      if (parsed) as<id<Kind>>(value) = *parsed;
      return parsed.has_value();
    };
    return out;
  }
};

template <wire::described_enum T> struct shaped<T> {
  using enumerators = boost::describe::describe_enumerators<T>;
  static constexpr std::size_t count = boost::mp11::mp_size<enumerators>::value;
  static constexpr auto words = [] {
    std::array<std::string_view, count> out{};
    std::size_t i = 0;
    boost::mp11::mp_for_each<enumerators>([&](auto one) { out[i++] = one.name; });
    return out;
  }();
  static constexpr auto values = [] {
    std::array<T, count> out{};
    std::size_t i = 0;
    boost::mp11::mp_for_each<enumerators>([&](auto one) { out[i++] = one.value; });
    return out;
  }();

  static consteval shape make() {
    auto out = leaf<T>(shape_kind::enumeration);
    out.name = name_of<T>();
    out.words = words;
    out.set_number = [](void* value, std::uint64_t index) { as<T>(value) = values.at(index); };
    return out;
  }
};

template <class T> struct shaped<std::optional<T>> {
  static consteval shape make() {
    auto out = leaf<std::optional<T>>(shape_kind::optional);
    out.element = &shape_of<T>;
    out.add = [](void* value) -> void* { return &as<std::optional<T>>(value).emplace(); };
    out.size = [](void const* value) -> std::size_t {
      return as<std::optional<T>>(value).has_value() ? 1 : 0;
    };
    out.at = [](void const* value, std::size_t) -> void const* { return &*as<std::optional<T>>(value); };
    return out;
  }
};

template <class T> struct shaped<std::vector<T>> {
  static consteval shape make() {
    auto out = leaf<std::vector<T>>(shape_kind::list);
    out.element = &shape_of<T>;
    out.add = [](void* value) -> void* { return &as<std::vector<T>>(value).emplace_back(); };
    out.size = [](void const* value) { return as<std::vector<T>>(value).size(); };
    out.at = [](void const* value, std::size_t index) -> void const* {
      return &as<std::vector<T>>(value)[index];
    };
    return out;
  }
};

template <wire::described_struct T> struct shaped<T> {
  using list = wire::members_of<T>;
  static constexpr auto members = [] {
    std::array<member, boost::mp11::mp_size<list>::value> out{};
    std::size_t i = 0;
    boost::mp11::mp_for_each<list>([&]<class Member>(Member) {
      using field = std::remove_cvref_t<decltype(std::declval<T&>().*Member::pointer)>;
      out[i++] = {.name = Member::name, .form = &shape_of<field>, .in = [](void* whole) -> void* {
                    return &(as<T>(whole).*Member::pointer);
                  }};
    });
    return out;
  }();

  static consteval shape make() {
    auto out = leaf<T>(shape_kind::structure);
    out.name = name_of<T>();
    out.members = members;
    out.untouched = []() -> void const* {
      static T const value{};
      return &value;
    };
    return out;
  }
};

template <> struct shaped<service_map> {
  static consteval shape make() {
    auto out = leaf<service_map>(shape_kind::services);
    out.element = &shape_of<service_brief>;
    return out;
  }
};

template <class... Values> struct shaped<one_of<Values...>> {
  static constexpr std::array<shape const*, sizeof...(Values)> alternatives{&shape_of<Values>...};
  static consteval shape make() {
    shape out{.kind = shape_kind::choice};
    out.alternatives = alternatives;
    return out;
  }
};

}  // namespace detail

// The field of a value that is only looked at.
inline void const* part(member const& field, void const* whole) {
  // The function only adds to the pointer.
  return field.in(const_cast<void*>(whole));
}

}  // namespace ostler::operations

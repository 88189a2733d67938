// What a settings file says, before anybody asks whether it is right: values, and where each of them stands.
//
// TOML, JSON, what is imported and what is said by flags all end as this tree, so that there is one reader of
// settings, and every refusal can show the place it is about.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ostler::config {

// Lines and columns count from 1, columns in characters. Line 0: there is no line to be shown, as for a flag.
struct place {
  std::uint32_t source = 0;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  auto operator<=>(place const&) const = default;
};

struct member;

// How a table came to be says what may still be added to it.
//   implicit  named on the way to another: [a] where only [a.b] is written
//   headed    [a]
//   dotted    a.b = 1
//   closed    { … }
enum class table_form : std::uint8_t { implicit, headed, dotted, closed };

struct table {
  // In the order in which they are written.
  std::vector<member> members;
  table_form form = table_form::closed;
};

struct node {
  std::variant<bool, std::int64_t, double, std::string, std::vector<node>, table> value;
  place at;

  std::string const* text() const { return std::get_if<std::string>(&value); }
  std::vector<node> const* list() const { return std::get_if<std::vector<node>>(&value); }
  table const* members() const { return std::get_if<table>(&value); }
  table* members() { return std::get_if<table>(&value); }
};

struct member {
  std::string key;
  // Of the key.
  place at;
  node value;
};

inline member const* find(table const& in, std::string_view key) {
  for (auto const& each : in.members)
    if (each.key == key) return &each;
  return nullptr;
}
inline member* find(table& in, std::string_view key) {
  for (auto& each : in.members)
    if (each.key == key) return &each;
  return nullptr;
}

// "a text", "a list": for refusals.
std::string_view kind_of(node const& what);

// Of one text: more than any project has, and little enough to be read at once.
inline constexpr std::size_t text_size_max = 256UL * 1024;
inline constexpr std::size_t members_max = 4096;
inline constexpr std::size_t depth_max = 24;

// Where a text cannot be read at all.
struct text_mistake {
  place at;
  std::string what;
  std::string allowed;
};

// One thing that was read: its name, for people, is a path, a flag or a variable.
enum class layer : std::uint8_t { user, project, local, environment, flags };
struct source {
  layer from = layer::project;
  std::string name;
  std::string text;
};
struct document {
  source about;
  // A table.
  node root;
};

}  // namespace ostler::config

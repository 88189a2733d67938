#include "config/toml.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <utility>

#include "base/name.hpp"
#include "config/toml_scanner.hpp"

namespace ostler::config {
namespace {

struct key_part {
  std::string text;
  place at;
};
using key_path = std::vector<key_part>;

bool is_bare(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

std::string shown(key_path const& path) {
  std::string text;
  for (auto const& part : path) text += (text.empty() ? "" : ".") + toml_key(part.text);
  return in_quotes(text);
}

class parser {
 public:
  explicit parser(std::string_view text) : in_(text) {}

  std::expected<node, text_mistake> document() {
    node root{table{.form = table_form::headed}, {0, 1, 1}};
    if (in_.check_characters()) {
      if (in_.looking_at("\xef\xbb\xbf")) in_.step(3);
      lines(root);
    }
    if (in_.failed()) return std::unexpected(in_.mistake());
    return root;
  }

 private:
  void lines(node& root) {
    auto* current = root.members();
    std::size_t depth = 0;
    for (in_.skip_between(); !in_.at_end(); in_.skip_between()) {
      if (in_.peek() == '[') {
        current = header(*root.members(), depth);
        if (current == nullptr || !in_.end_line()) return;
        continue;
      }
      if (!setting(*current, depth) || !in_.end_line()) return;
    }
  }

  bool key(key_path& out) {
    for (;;) {
      in_.skip_blanks();
      key_part part{{}, in_.here()};
      if (in_.peek() == '"' || in_.peek() == '\'') {
        if (!read_toml_string(in_, part.text, false)) return false;
      } else {
        for (; is_bare(in_.peek()); in_.step()) part.text += in_.peek();
        if (part.text.empty())
          return in_.fail(part.at, "a key is missing here",
                          "KEY = VALUE, or [TABLE]; keys of a-z, A-Z, 0-9, '_' and '-'");
      }
      out.push_back(std::move(part));
      in_.skip_blanks();
      if (!in_.take('.')) return true;
    }
  }

  bool room_for(place at, std::size_t depth) {
    if (depth > depth_max)
      return in_.fail(at, "tables within tables, too many", fmt::format("{} levels", depth_max));
    if (++members_ > members_max)
      return in_.fail(at, "too many keys", fmt::format("{} in one file", members_max));
    return true;
  }

  member* add(table& to, key_part const& part, node value, std::size_t depth) {
    if (!room_for(part.at, depth)) return nullptr;
    return &to.members.emplace_back(part.text, part.at, std::move(value));
  }

  bool taken(key_path const& path, key_part const& part, member const& by) {
    return in_.fail(part.at, fmt::format("{} is there already, in line {}", shown(path), by.at.line),
                    "each key and each table once");
  }

  table* header(table& root, std::size_t& depth) {
    auto const begin = in_.here();
    in_.step();
    if (in_.peek() == '[') {
      in_.fail(begin, "lists of tables are not used in settings", "[TABLE]");
      return nullptr;
    }
    key_path path;
    if (!key(path)) return nullptr;
    if (!in_.take(']')) {
      in_.fail(in_.here(), "the ']' of a table is missing", "[TABLE]");
      return nullptr;
    }
    depth = path.size();
    auto* at = &root;
    for (std::size_t i = 0; i < path.size(); ++i) {
      bool const last = i + 1 == path.size();
      auto* known = find(*at, path[i].text);
      if (known == nullptr) {
        known = add(*at, path[i],
                    {table{.form = last ? table_form::headed : table_form::implicit}, path[i].at}, i + 1);
        if (known == nullptr) return nullptr;
      } else if (!may_enter(*known, last)) {
        taken(path, path[i], *known);
        return nullptr;
      }
      at = known->value.members();
    }
    return at;
  }

  static bool may_enter(member& known, bool last) {
    auto* inside = known.value.members();
    if (inside == nullptr || inside->form == table_form::closed) return false;
    if (!last) return true;
    if (inside->form != table_form::implicit) return false;
    inside->form = table_form::headed;
    return true;
  }

  bool setting(table& into, std::size_t depth) {
    key_path path;
    if (!key(path)) return false;
    if (!in_.take('='))
      return in_.fail(in_.here(), fmt::format("an '=' is missing behind {}", shown(path)), "KEY = VALUE");
    auto* at = &into;
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      auto* known = find(*at, path[i].text);
      if (known == nullptr) {
        known = add(*at, path[i], {table{.form = table_form::dotted}, path[i].at}, depth + i + 1);
        if (known == nullptr) return false;
      } else if (known->value.members() == nullptr || known->value.members()->form != table_form::dotted) {
        return taken(path, path[i], *known);
      }
      at = known->value.members();
    }
    if (auto const* known = find(*at, path.back().text)) return taken(path, path.back(), *known);
    in_.skip_blanks();
    auto read = value(depth + path.size());
    return read && add(*at, path.back(), *std::move(read), depth + path.size()) != nullptr;
  }

  std::optional<node> value(std::size_t depth) {
    node out{false, in_.here()};
    return read_value(out, depth) ? std::optional(std::move(out)) : std::nullopt;
  }

  bool read_value(node& out, std::size_t depth) {
    if (depth > depth_max)
      return in_.fail(out.at, "lists within lists, too many", fmt::format("{} levels", depth_max));
    char const c = in_.peek();
    if (c == '"' || c == '\'') return read_toml_string(in_, out.value.emplace<std::string>(), true);
    if (c == '[') return list(out.value.emplace<std::vector<node>>(), depth);
    if (c == '{') return closed_table(out.value.emplace<table>(), depth);
    for (bool const flag : {true, false}) {
      std::string_view const word = flag ? "true" : "false";
      if (!in_.looking_at(word) || is_bare(in_.peek(word.size()))) continue;
      in_.step(word.size());
      out.value = flag;
      return true;
    }
    if (c == '\0' || c == '\n' || c == '\r' || c == '#')
      return in_.fail(out.at, "the value is missing",
                      "a text in quotes, a number, true, false, [ … ] or { … }");
    return read_toml_number(in_, out);
  }

  bool list(std::vector<node>& out, std::size_t depth) {
    auto const begin = in_.here();
    in_.step();
    for (;;) {
      in_.skip_between();
      if (in_.take(']')) return true;
      if (in_.at_end()) return in_.fail(begin, "the list that begins here does not end", "[ VALUE, VALUE ]");
      if (out.size() >= members_max)
        return in_.fail(in_.here(), "too many values", fmt::format("{} in one list", members_max));
      auto read = value(depth + 1);
      if (!read) return false;
      out.push_back(*std::move(read));
      in_.skip_between();
      if (in_.at_end()) continue;
      if (in_.take(',')) continue;
      if (in_.take(']')) return true;
      return in_.fail(in_.here(), "a ',' or the ']' of the list is missing here", "[ VALUE, VALUE ]");
    }
  }

  bool closed_table(table& out, std::size_t depth) {
    in_.step();
    in_.skip_blanks();
    if (in_.take('}')) return true;
    for (;;) {
      if (!setting(out, depth)) return false;
      in_.skip_blanks();
      if (in_.take('}')) return true;
      if (!in_.take(','))
        return in_.fail(in_.here(), "a ',' or the '}' of the table is missing here",
                        "{ KEY = VALUE, KEY = VALUE } in one line");
    }
  }

  toml_scanner in_;
  std::size_t members_ = 0;
};

}  // namespace

std::expected<node, text_mistake> parse_toml(std::string_view text) { return parser(text).document(); }

std::string toml_text(std::string_view text) {
  std::string out = "\"";
  for (char const c : text) {
    constexpr std::string_view meant = "\b\t\n\f\r\"\\";
    constexpr std::string_view letters = "btnfr\"\\";
    auto const byte = static_cast<unsigned char>(c);
    if (auto const known = meant.find(c); known != meant.npos)
      (out += '\\') += letters[known];
    else if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\u{:04x}", byte);
    else
      out += c;
  }
  return out + '"';
}

std::string toml_key(std::string_view key) {
  return !key.empty() && std::ranges::all_of(key, is_bare) ? std::string(key) : toml_text(key);
}

std::string toml_value(node const& value) {
  if (auto const* flag = std::get_if<bool>(&value.value)) return *flag ? "true" : "false";
  if (auto const* whole = std::get_if<std::int64_t>(&value.value)) return fmt::format("{}", *whole);
  if (auto const* text = value.text()) return toml_text(*text);
  if (auto const* real = std::get_if<double>(&value.value)) {
    auto digits = fmt::format("{}", *real);
    // Without a point or an exponent it would be read as a whole number.
    return digits.find_first_of(".e") == digits.npos ? digits + ".0" : digits;
  }
  std::string inside;
  if (auto const* list = value.list()) {
    for (auto const& each : *list) inside += (inside.empty() ? "" : ", ") + toml_value(each);
    return "[" + inside + "]";
  }
  for (auto const& each : value.members()->members)
    inside +=
        fmt::format("{}{} = {}", inside.empty() ? "" : ", ", toml_key(each.key), toml_value(each.value));
  return inside.empty() ? "{}" : "{ " + inside + " }";
}

}  // namespace ostler::config

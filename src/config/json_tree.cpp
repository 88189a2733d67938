#include "config/json_tree.hpp"

#include <fmt/format.h>
#include <optional>
#include <utility>

#include "base/name.hpp"
#include "config/toml.hpp"
#include "config/toml_scanner.hpp"

namespace ostler::config {
namespace {

class parser {
 public:
  explicit parser(std::string_view text) : in_(text) {}

  std::expected<node, text_mistake> document(std::size_t size_max) {
    node root;
    if (in_.check_characters(size_max)) {
      skip();
      if (value(root, 1)) {
        skip();
        if (!in_.at_end()) in_.fail(in_.here(), "something stands behind the object", "one object");
      }
    }
    if (!in_.failed() && root.members() == nullptr)
      in_.fail(root.at, fmt::format("settings cannot be {}", kind_of(root)), "an object");
    if (in_.failed()) return std::unexpected(in_.mistake());
    return root;
  }

 private:
  void skip() {
    while (in_.peek() == ' ' || in_.peek() == '\t' || in_.peek() == '\n' || in_.peek() == '\r') in_.step();
  }

  bool value(node& out, std::size_t depth) {
    out.at = in_.here();
    if (depth > depth_max) return in_.fail(out.at, "too many levels", fmt::format("{} levels", depth_max));
    char const c = in_.peek();
    if (c == '"') return text(out.value.emplace<std::string>());
    if (c == '[') return list(out.value.emplace<std::vector<node>>(), depth);
    if (c == '{') return object(out.value.emplace<table>(), depth);
    if (in_.looking_at("true")) return word(out, true, 4);
    if (in_.looking_at("false")) return word(out, false, 5);
    if (in_.looking_at("null")) return in_.fail(out.at, "null is no value", "to leave the key out");
    if (c == '-' || (c >= '0' && c <= '9')) return read_toml_number(in_, out);
    return in_.fail(out.at, "this is no value", "texts, numbers, true, false, lists and objects");
  }

  bool word(node& out, bool flag, std::size_t size) {
    in_.step(size);
    out.value = flag;
    return true;
  }

  bool list(std::vector<node>& out, std::size_t depth) {
    in_.step();
    skip();
    if (in_.take(']')) return true;
    for (;;) {
      skip();
      if (!value(out.emplace_back(), depth + 1)) return false;
      skip();
      if (in_.take(']')) return true;
      if (!in_.take(',')) return in_.fail(in_.here(), "a ',' or a ']' is missing here");
    }
  }

  bool object(table& out, std::size_t depth) {
    in_.step();
    skip();
    if (in_.take('}')) return true;
    for (;;) {
      skip();
      member fresh{{}, in_.here(), {}};
      if (in_.peek() != '"') return in_.fail(fresh.at, "a key in quotes is missing here");
      if (!text(fresh.key)) return false;
      if (find(out, fresh.key) != nullptr)
        return in_.fail(fresh.at, fmt::format("{} is there already", in_quotes(fresh.key)), "each key once");
      if (++members_ > members_max)
        return in_.fail(fresh.at, "too many keys", fmt::format("{}", members_max));
      skip();
      if (!in_.take(':')) return in_.fail(in_.here(), "a ':' is missing here");
      skip();
      if (!value(fresh.value, depth + 1)) return false;
      out.members.push_back(std::move(fresh));
      skip();
      if (in_.take('}')) return true;
      if (!in_.take(',')) return in_.fail(in_.here(), "a ',' or a '}' is missing here");
    }
  }

  bool text(std::string& out) {
    auto const begin = in_.here();
    in_.step();
    while (!in_.at_end() && in_.peek() != '\n' && in_.peek() != '\r') {
      char const c = in_.peek();
      auto const at = in_.here();
      in_.step();
      if (c == '"') return true;
      if (c != '\\')
        out += c;
      else if (!escape(out))
        return in_.fail(at, "this is no character", R"(\" \\ \/ \b \f \n \r \t \uXXXX)");
    }
    return in_.fail(begin, "the text that begins here does not end in its line");
  }

  // Behind the backslash.
  bool escape(std::string& out) {
    constexpr std::string_view letters = "btnfr\"\\/";
    constexpr std::string_view meant = "\b\t\n\f\r\"\\/";
    char const c = in_.peek();
    in_.step();
    if (auto const known = letters.find(c); c != '\0' && known != letters.npos) {
      out += meant[known];
      return true;
    }
    if (c != 'u') return false;
    auto character = hex();
    if (character && *character >= 0xd800 && *character < 0xdc00 && in_.looking_at("\\u")) {
      in_.step(2);
      auto const low = hex();
      if (!low || *low < 0xdc00 || *low > 0xdfff) return false;
      character = 0x10000 + ((*character - 0xd800) << 10U) + (*low - 0xdc00);
    }
    return character && *character != 0 && append_utf8(out, *character);
  }

  std::optional<std::uint32_t> hex() {
    std::uint32_t out = 0;
    return read_hex(in_, 4, out) ? std::optional(out) : std::nullopt;
  }

  toml_scanner in_;
  std::size_t members_ = 0;
};

}  // namespace

std::expected<node, text_mistake> parse_json(std::string_view text, std::size_t size_max) {
  return parser(text).document(size_max);
}

std::string json_quoted(std::string_view text) {
  // What TOML escapes is written the same in JSON.
  return toml_text(text);
}

std::string json_text(node const& value) {
  std::string out;
  if (auto const* list = value.list()) {
    for (auto const& each : *list) out += (out.empty() ? "[" : ",") + json_text(each);
    return out + (out.empty() ? "[]" : "]");
  }
  if (auto const* inside = value.members()) {
    for (auto const& each : inside->members)
      out += (out.empty() ? "{" : ",") + json_quoted(each.key) + ":" + json_text(each.value);
    return out + (out.empty() ? "{}" : "}");
  }
  // Texts, numbers and flags look the same in both.
  return toml_value(value);
}

}  // namespace ostler::config

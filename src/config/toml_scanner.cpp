#include "config/toml_scanner.hpp"

#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <system_error>
#include <utility>

#include "base/name.hpp"

namespace ostler::config {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_token(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '+' ||
         c == '-' || c == '.' || c == ':';
}

// Whole numbers with an optional sign; with underscores between digits, which are left out.
struct number_text {
  std::string digits;
  int base = 10;
  bool negative = false;
  bool fraction = false;
};

bool digits_of(std::string_view& rest, int base, std::string& out) {
  auto const fits = [&](char c) {
    if (base == 16) return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    return c >= '0' && c < '0' + base;
  };
  std::size_t count = 0;
  while (!rest.empty()) {
    bool const joint = rest.front() == '_' && count > 0 && rest.size() > 1 && fits(rest[1]);
    if (!joint && !fits(rest.front())) break;
    if (!joint) out += rest.front();
    ++count;
    rest.remove_prefix(1);
  }
  return count > 0;
}

bool read_exponent(std::string_view& rest, number_text& out) {
  if (rest.empty() || (rest.front() != 'e' && rest.front() != 'E')) return true;
  out.fraction = true;
  out.digits += 'e';
  rest.remove_prefix(1);
  if (!rest.empty() && (rest.front() == '+' || rest.front() == '-')) {
    if (rest.front() == '-') out.digits += '-';
    rest.remove_prefix(1);
  }
  return digits_of(rest, 10, out.digits);
}

bool split_number(std::string_view rest, number_text& out) {
  bool const with_sign = !rest.empty() && (rest.front() == '+' || rest.front() == '-');
  if (with_sign) {
    out.negative = rest.front() == '-';
    rest.remove_prefix(1);
  }
  if (!with_sign && rest.size() > 2 && rest[0] == '0' &&
      (rest[1] == 'x' || rest[1] == 'o' || rest[1] == 'b')) {
    out.base = rest[1] == 'x' ? 16 : rest[1] == 'o' ? 8 : 2;
    rest.remove_prefix(2);
    return digits_of(rest, out.base, out.digits) && rest.empty();
  }
  if (!digits_of(rest, 10, out.digits)) return false;
  if (out.digits.size() > 1 && out.digits.front() == '0') return false;
  if (!rest.empty() && rest.front() == '.') {
    out.fraction = true;
    out.digits += '.';
    rest.remove_prefix(1);
    if (!digits_of(rest, 10, out.digits)) return false;
  }
  return read_exponent(rest, out) && rest.empty();
}

// What stands behind a backslash; the backslash is taken.
bool read_escape(toml_scanner& in, std::string& out) {
  auto const at = in.here();
  char const c = in.peek();
  constexpr std::string_view letters = "btnfr\"\\";
  constexpr std::string_view meant = "\b\t\n\f\r\"\\";
  if (auto const known = letters.find(c); c != '\0' && known != letters.npos) {
    out += meant[known];
    in.step();
    return true;
  }
  if (c == 'u' || c == 'U') {
    in.step();
    std::uint32_t character = 0;
    if (read_hex(in, c == 'u' ? 4 : 8, character) && character != 0 && append_utf8(out, character))
      return true;
    return in.fail(at, "this is no character",
                   "\\uXXXX or \\UXXXXXXXX with the hexadecimal number of a character");
  }
  return in.fail(at, "a backslash means nothing before this character",
                 R"(\b \t \n \f \r \" \\ \uXXXX \UXXXXXXXX; in '…' a backslash is a backslash)");
}

bool read_one_line(toml_scanner& in, std::string& out, char quote) {
  auto const begin = in.here();
  in.step();
  while (!in.at_end() && in.peek() != '\n' && in.peek() != '\r') {
    char const c = in.peek();
    in.step();
    if (c == quote) return true;
    if (c == '\\' && quote == '"') {
      if (!read_escape(in, out)) return false;
      continue;
    }
    out += c;
  }
  return in.fail(begin, "the text that begins here does not end in its line",
                 fmt::format("a closing {0}, or {0}{0}{0} around several lines", quote));
}

// A backslash at the end of a line: what follows begins with the next character that is not blank.
bool skip_folded(toml_scanner& in) {
  std::size_t ahead = 0;
  while (in.peek(ahead) == ' ' || in.peek(ahead) == '\t') ++ahead;
  if (in.peek(ahead) == '\r') ++ahead;
  if (in.peek(ahead) != '\n') return false;
  while (in.peek() == ' ' || in.peek() == '\t' || in.peek() == '\r' || in.peek() == '\n') in.step();
  return true;
}

bool read_lines(toml_scanner& in, std::string& out, char quote) {
  auto const begin = in.here();
  std::string const fence(3, quote);
  in.step(3);
  if (in.looking_at("\r\n")) in.step();
  in.take('\n');
  while (!in.at_end()) {
    if (in.looking_at(fence)) {
      // Up to two quotes may stand before those that close.
      while (in.peek(3) == quote) {
        if (in.looking_at(std::string(6, quote))) break;
        out += quote;
        in.step();
      }
      in.step(3);
      return true;
    }
    char const c = in.peek();
    in.step();
    if (c == '\\' && quote == '"') {
      if (!skip_folded(in) && !read_escape(in, out)) return false;
      continue;
    }
    if (c == '\r' && in.peek() == '\n') continue;
    out += c;
  }
  return in.fail(begin, "the text that begins here does not end", "a closing " + fence);
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return 1;
  std::size_t const length = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  if (byte(0) < 0xc2 || byte(0) > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0U) != 0x80U) return 0;
  // Written longer than need be, halves of pairs, beyond the last.
  if (byte(0) == 0xe0 && byte(1) < 0xa0) return 0;
  if (byte(0) == 0xed && byte(1) > 0x9f) return 0;
  if (byte(0) == 0xf0 && byte(1) < 0x90) return 0;
  if (byte(0) == 0xf4 && byte(1) > 0x8f) return 0;
  return length;
}

bool append_utf8(std::string& out, std::uint32_t character) {
  auto const put = [&](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff)) return false;
  if (character < 0x80) {
    put(character);
  } else if (character < 0x800) {
    put(0xc0U | (character >> 6U));
    put(0x80U | (character & 0x3fU));
  } else if (character < 0x10000) {
    put(0xe0U | (character >> 12U));
    put(0x80U | ((character >> 6U) & 0x3fU));
    put(0x80U | (character & 0x3fU));
  } else {
    put(0xf0U | (character >> 18U));
    put(0x80U | ((character >> 12U) & 0x3fU));
    put(0x80U | ((character >> 6U) & 0x3fU));
    put(0x80U | (character & 0x3fU));
  }
  return true;
}

bool read_hex(toml_scanner& in, std::size_t count, std::uint32_t& out) {
  out = 0;
  for (std::size_t i = 0; i < count; ++i) {
    char const c = in.peek();
    std::uint32_t digit = 0;
    if (is_digit(c))
      digit = static_cast<std::uint32_t>(c - '0');
    else if (c >= 'a' && c <= 'f')
      digit = static_cast<std::uint32_t>(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F')
      digit = static_cast<std::uint32_t>(c - 'A' + 10);
    else
      return false;
    out = out * 16 + digit;
    in.step();
  }
  return true;
}

bool toml_scanner::fail(place at, std::string what, std::string allowed) {
  if (!failed_) mistake_ = {at, std::move(what), std::move(allowed)};
  failed_ = true;
  return false;
}

void toml_scanner::step(std::size_t bytes) {
  for (; bytes > 0 && !at_end(); --bytes) {
    auto const byte = static_cast<unsigned char>(text_[at_++]);
    if (byte == '\n') {
      ++line_;
      column_ = 1;
    } else if ((byte & 0xc0U) != 0x80U) {
      ++column_;
    }
  }
}

bool toml_scanner::take(char wanted) {
  if (at_end() || peek() != wanted) return false;
  step();
  return true;
}

void toml_scanner::skip_blanks() {
  while (peek() == ' ' || peek() == '\t') step();
}

void toml_scanner::skip_between() {
  for (;;) {
    skip_blanks();
    if (peek() == '#')
      while (!at_end() && peek() != '\n') step();
    if (peek() == '\r') step();
    if (!take('\n')) return;
  }
}

bool toml_scanner::end_line() {
  skip_blanks();
  if (peek() == '#')
    while (!at_end() && peek() != '\n') step();
  if (peek() == '\r') step();
  if (failed_) return false;
  if (at_end() || take('\n')) return true;
  return fail(here(), "something stands behind the value", "one setting in each line");
}

bool toml_scanner::check_characters(std::size_t size_max) {
  auto const begin = *this;
  if (text_.size() > size_max)
    return fail(here(), fmt::format("the text has {} bytes", text_.size()),
                fmt::format("at most {}", size_max));
  while (!at_end()) {
    auto const length = utf8_length(rest());
    if (length == 0) return fail(here(), "this is not UTF-8", "text in UTF-8");
    auto const byte = static_cast<unsigned char>(peek());
    bool const line_end = byte == '\n' || (byte == '\r' && peek(1) == '\n');
    if ((byte < 0x20 && byte != '\t' && !line_end) || byte == 0x7f)
      return fail(here(), fmt::format("a control character (0x{:02x})", byte),
                  "escapes such as \\t in a text");
    step(length);
  }
  *this = begin;
  return true;
}

bool read_toml_string(toml_scanner& in, std::string& out, bool lines_allowed) {
  char const quote = in.peek();
  if (!in.looking_at(std::string(3, quote))) return read_one_line(in, out, quote);
  if (!lines_allowed) return in.fail(in.here(), "a key has one line", "\"…\" or '…'");
  return read_lines(in, out, quote);
}

bool read_toml_number(toml_scanner& in, node& out) {
  auto const begin = in.here();
  std::string token;
  while (is_token(in.peek())) {
    token += in.peek();
    in.step();
  }
  if (token.find(':') != token.npos || (token.size() >= 10 && token[4] == '-' && token[7] == '-'))
    return in.fail(begin, "no setting is a date or a time",
                   fmt::format("a text: \"{}\"", token.substr(0, 40)));
  number_text number;
  if (token.empty() || !split_number(token, number))
    return in.fail(begin, fmt::format("{} is no value", in_quotes(token)),
                   "texts in quotes, numbers, true, false, [ lists ] and { tables }");
  auto const* const first = number.digits.data();
  auto const* const last = first + number.digits.size();
  if (number.fraction) {
    double real = 0;
    auto const [end, ec] = std::from_chars(first, last, real);
    if (ec != std::errc() || end != last || !std::isfinite(real))
      return in.fail(begin, fmt::format("the number {} is too large or too small", in_quotes(token)));
    out.value = number.negative ? -real : real;
    return true;
  }
  auto const signed_digits = (number.negative ? "-" : "") + number.digits;
  std::int64_t whole = 0;
  auto const [end, ec] =
      std::from_chars(signed_digits.data(), signed_digits.data() + signed_digits.size(), whole, number.base);
  if (ec != std::errc() || end != signed_digits.data() + signed_digits.size())
    return in.fail(begin, fmt::format("the number {} is too large", in_quotes(token)));
  out.value = whole;
  return true;
}

}  // namespace ostler::config

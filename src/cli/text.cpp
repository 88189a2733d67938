#include "cli/text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace ostler::cli {
namespace {

struct character {
  char32_t code = 0;
  std::size_t size = 1;
  bool well_formed = true;
};

character broken(std::string_view text) {
  return {.code = static_cast<unsigned char>(text.front()), .size = 1, .well_formed = false};
}

// The first of a text that is not empty.
character first_of(std::string_view text) {
  auto const byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  auto const first = byte(0);
  if (first < 0x80) return {.code = first};
  std::size_t const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return broken(text);
  char32_t code = first & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return broken(text);
    code = (code << 6U) | (byte(i) & 0x3fU);
  }
  bool const overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  if (overlong || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff) return broken(text);
  return {.code = code, .size = size};
}

bool is_control(char32_t code) { return code < 0x20 || (code >= 0x7f && code < 0xa0); }

// What changes the direction of text, or breaks lines where nobody expects it.
bool is_misleading(char32_t code) {
  return code == 0x061c || (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

std::string escaped(character const& what) {
  if (!what.well_formed || what.code < 0x80) {
    switch (what.code) {
      case '\n': return "\\n";
      case '\r': return "\\r";
      case '\t': return "\\t";
      default: return fmt::format("\\x{:02x}", static_cast<unsigned>(what.code));
    }
  }
  return fmt::format("\\u{:04x}", static_cast<unsigned>(what.code));
}

struct range {
  char32_t first;
  char32_t last;
};
constexpr range nothing_wide[] = {{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd},  {0x0610, 0x061a},
                                  {0x064b, 0x065f}, {0x0e31, 0x0e31}, {0x0e34, 0x0e3a},  {0x0e47, 0x0e4e},
                                  {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200d},  {0x20d0, 0x20ff},
                                  {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xe0100, 0xe01ef}};
constexpr range two_wide[] = {{0x1100, 0x115f},   {0x231a, 0x231b},   {0x2e80, 0x303e},   {0x3041, 0x33ff},
                              {0x3400, 0x4dbf},   {0x4e00, 0x9fff},   {0xa000, 0xa4cf},   {0xac00, 0xd7a3},
                              {0xf900, 0xfaff},   {0xfe30, 0xfe4f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},
                              {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};

template <std::size_t Count> bool is_in(range const (&all)[Count], char32_t code) {
  return std::ranges::any_of(all, [&](range const& one) { return code >= one.first && code <= one.last; });
}

std::size_t width_of(character const& what) {
  if (is_in(nothing_wide, what.code)) return 0;
  return is_in(two_wide, what.code) ? 2 : 1;
}

// How long the escape sequence at the front is; the text begins with ESC.
std::size_t sequence_length(std::string_view text) {
  if (text.size() < 2) return text.size();
  auto const kind = text[1];
  if (kind == '[') {
    std::size_t at = 2;
    while (at < text.size() && (text[at] < '@' || text[at] > '~')) ++at;
    return std::min(at + 1, text.size());
  }
  if (kind == ']' || kind == 'P' || kind == '_' || kind == '^' || kind == 'X') {
    for (std::size_t at = 2; at < text.size(); ++at) {
      if (text[at] == '\a') return at + 1;
      if (text[at] == '\x1b') return at + 1 < text.size() && text[at + 1] == '\\' ? at + 2 : at;
    }
    return text.size();
  }
  std::size_t at = 1;
  while (at < text.size() && text[at] >= ' ' && text[at] <= '/') ++at;
  return std::min(at + 1, text.size());
}

bool is_colour(std::string_view sequence) {
  return sequence.size() >= 3 && sequence[1] == '[' && sequence.back() == 'm' &&
         sequence.substr(2, sequence.size() - 3).find_first_not_of("0123456789;:") == std::string_view::npos;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    auto const next = first_of(text);
    if (!next.well_formed || is_control(next.code) || is_misleading(next.code))
      out += escaped(next);
    else
      out += text.substr(0, next.size);
    text.remove_prefix(next.size);
  }
  return out;
}

std::string printable_lines(std::string_view text) {
  std::string out;
  for (;;) {
    auto const end = text.find('\n');
    out += printable(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

std::string log_text(std::string_view text, colours what) {
  std::string out;
  out.reserve(text.size());
  bool coloured = false;
  while (!text.empty()) {
    if (text.front() == '\x1b') {
      auto const sequence = text.substr(0, sequence_length(text));
      if (what == colours::keep && is_colour(sequence)) {
        out += sequence;
        coloured = true;
      }
      text.remove_prefix(sequence.size());
      continue;
    }
    auto const next = first_of(text);
    if (next.code == '\t' || (next.well_formed && !is_control(next.code) && !is_misleading(next.code)))
      out += text.substr(0, next.size);
    else if (next.code != '\r')
      out += escaped(next);
    text.remove_prefix(next.size);
  }
  // What the line has switched on must not colour the next one.
  if (coloured) out += "\x1b[0m";
  return out;
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    if (text.front() == '\x1b') {
      text.remove_prefix(sequence_length(text));
      continue;
    }
    auto const next = first_of(text);
    columns += width_of(next);
    text.remove_prefix(next.size);
  }
  return columns;
}

std::string cut_to(std::string_view text, std::size_t columns_max) {
  if (columns_of(text) <= columns_max) return std::string(text);
  if (columns_max == 0) return {};
  std::string out;
  std::size_t columns = 0;
  while (!text.empty()) {
    auto const next = first_of(text);
    if (columns + width_of(next) + 1 > columns_max) break;
    columns += width_of(next);
    out += text.substr(0, next.size);
    text.remove_prefix(next.size);
  }
  return out + "…";
}

std::string padded(std::string_view text, std::size_t columns) {
  auto const used = columns_of(text);
  return std::string(text) + std::string(columns > used ? columns - used : 0, ' ');
}

}  // namespace ostler::cli

#include "keeper/sessions/command_text.hpp"

#include <cstdint>

namespace ostler::keeper {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t at) { return static_cast<std::uint8_t>(text[at]); }

// How many bytes of a good, printable character `text` begins with; 0 when it begins with none.
std::size_t printable(std::string_view text) {
  auto const first = byte_at(text, 0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  std::size_t const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  for (std::size_t at = 1; at < size; ++at)
    if ((byte_at(text, at) & 0xc0U) != 0x80) return 0;
  auto const second = byte_at(text, 1);
  // Controls, overlong forms, surrogates, beyond the last.
  if ((first == 0xc2 && second < 0xa0) || (first == 0xe0 && second < 0xa0) ||
      (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
      (first == 0xf4 && second > 0x8f))
    return 0;
  return size;
}

// False when there was no room for all of it.
bool add(std::string& to, std::string_view text) {
  while (!text.empty()) {
    auto const size = printable(text);
    auto const first = byte_at(text, 0);
    std::string_view const instead = first >= '\t' && first <= '\r' ? " " : "?";
    auto const shown = size > 0 ? text.substr(0, size) : instead;
    if (to.size() + shown.size() > command_text_max) return false;
    to += shown;
    text.remove_prefix(size > 0 ? size : 1);
  }
  return true;
}

}  // namespace

std::string command_text(std::vector<std::string> const& command, std::string_view label) {
  std::string text;
  bool whole = label.empty() || (add(text, label) && add(text, ":"));
  for (auto const& word : command) {
    if (!whole) break;
    bool const quoted = word.empty() || word.find_first_of(" \t\n'\"") != std::string::npos;
    std::string_view const quote = quoted ? "'" : "";
    whole = (text.empty() || add(text, " ")) && add(text, quote) && add(text, word) && add(text, quote);
  }
  if (!whole) text += "…";
  return text;
}

}  // namespace ostler::keeper

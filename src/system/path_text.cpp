#include "system/path_text.hpp"

#include <fmt/format.h>

#include "base/name.hpp"

namespace ostler::system {
namespace {

// How many bytes the character at the front takes, or 0 when it is none. Overlong forms and surrogates are
// let through: this decides how a name is shown and marked, not what it means.
std::size_t utf8_length(std::string_view text) {
  auto const first = static_cast<unsigned char>(text.front());
  std::size_t const length = first < 0x80                      ? 1
                             : (first >= 0xc2 && first < 0xe0) ? 2
                             : (first >= 0xe0 && first < 0xf0) ? 3
                             : (first >= 0xf0 && first < 0xf5) ? 4
                                                               : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t at = 1; at < length; ++at)
    if ((static_cast<unsigned char>(text[at]) & 0xc0U) != 0x80U) return 0;
  return length;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    auto const length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string shown(std::string_view path) {
  std::string text;
  // A little more than is shown, so that in_quotes() sees that it is too long.
  for (auto rest = path; !rest.empty() && text.size() <= 100;) {
    auto const length = utf8_length(rest);
    if (length == 0)
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(rest.front()));
    else
      text += rest.substr(0, length);
    rest.remove_prefix(length == 0 ? 1 : length);
  }
  return in_quotes(text);
}

}  // namespace ostler::system

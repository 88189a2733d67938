#include "control/websocket/utf8.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ostler::control::websocket {
namespace {

bool continues(std::uint8_t byte) { return (byte & 0xc0U) == 0x80U; }

// Of the character at the front that is no ASCII; 0 when it is none. The second byte is where overlong forms,
// surrogates and too high ones show.
std::size_t length_at(std::string_view text) {
  auto const byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  auto const first = byte(0);
  std::size_t const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if (!continues(byte(i))) return 0;
  auto const second = byte(1);
  bool const wrong = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
                     (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
  return wrong ? 0 : length;
}

// How many bytes at the front are plain, in steps of eight.
std::size_t plain_at(std::string_view text) {
  constexpr std::uint64_t high_bits = 0x8080'8080'8080'8080ULL;
  std::size_t size = 0;
  std::uint64_t word = 0;
  while (size + sizeof word <= text.size()) {
    std::memcpy(&word, text.data() + size, sizeof word);
    if ((word & high_bits) != 0) break;
    size += sizeof word;
  }
  while (size < text.size() && static_cast<std::uint8_t>(text[size]) < 0x80) ++size;
  return size;
}

}  // namespace

bool is_strict_utf8(std::string_view text) {
  for (;;) {
    text.remove_prefix(plain_at(text));
    if (text.empty()) return true;
    auto const length = length_at(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
}

}  // namespace ostler::control::websocket

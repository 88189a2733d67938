#include "wire/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace ostler::wire {
namespace {

// How many bytes at the front are ASCII, in steps of eight: most of what is read is nothing else.
std::size_t plain_size(std::string_view text) {
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

std::size_t utf8_size(std::string_view text) {
  auto const byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  auto const first = byte(0);
  if (first < 0x80) return 1;
  std::size_t const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  std::uint8_t const least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  std::uint8_t const most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < least || byte(1) > most) return 0;
  for (std::size_t i = 2; i < size; ++i)
    if (byte(i) < 0x80 || byte(i) > 0xbf) return 0;
  return size;
}

bool is_utf8(std::string_view text) {
  for (;;) {
    text.remove_prefix(plain_size(text));
    if (text.empty()) return true;
    auto const size = utf8_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
}

}  // namespace ostler::wire

#include "keeper/logs/newlines.hpp"

#include <algorithm>
#include <cstring>

namespace ostler::keeper {
namespace {

constexpr std::size_t width = 16;
using lanes [[gnu::vector_size(width)]] = std::uint8_t;
using pairs [[gnu::vector_size(width)]] = std::uint16_t;
constexpr std::size_t at_once = 4;
// A lane counts one a round and would overflow at 256.
constexpr std::size_t rounds_max = 255;

lanes load(std::byte const* from) {
  lanes bytes;
  std::memcpy(&bytes, from, width);
  return bytes;
}

std::uint64_t sum(lanes counts) {
  pairs wide;
  std::memcpy(&wide, &counts, width);
  // Two lanes of eight bits in one of sixteen each: 510 at most.
  wide = (wide & 0xff) + (wide >> 8);
  std::uint64_t total = 0;
  for (std::size_t at = 0; at < width / 2; ++at) total += wide[at];
  return total;
}

// `rounds` rounds of 64 bytes, at most 255.
std::uint64_t count_block(std::byte const* from, std::size_t rounds) {
  lanes const newline = lanes{} + std::uint8_t{'\n'};
  lanes a{};
  lanes b{};
  lanes c{};
  lanes d{};
  for (std::size_t round = 0; round < rounds; ++round, from += width * at_once) {
    // A comparison gives all ones, which is minus one.
    a -= static_cast<lanes>(load(from) == newline);
    b -= static_cast<lanes>(load(from + width) == newline);
    c -= static_cast<lanes>(load(from + 2 * width) == newline);
    d -= static_cast<lanes>(load(from + 3 * width) == newline);
  }
  return sum(a) + sum(b) + sum(c) + sum(d);
}

}  // namespace

std::uint64_t count_newlines(byte_view bytes) {
  std::uint64_t total = 0;
  while (bytes.size() >= width * at_once) {
    auto const rounds = std::min(rounds_max, bytes.size() / (width * at_once));
    total += count_block(bytes.data(), rounds);
    bytes = bytes.subspan(rounds * width * at_once);
  }
  return total + static_cast<std::uint64_t>(std::ranges::count(bytes, std::byte{'\n'}));
}

}  // namespace ostler::keeper

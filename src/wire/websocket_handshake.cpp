#include "wire/websocket_handshake.hpp"

#include <bit>
#include <cstring>

namespace ostler::wire {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t at) { return static_cast<std::uint8_t>(text[at]); }

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    auto const here = bytes.substr(at, 3);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) group = group << 8U | (i < here.size() ? byte_at(here, i) : 0U);
    for (std::size_t i = 0; i < 4; ++i) out += i <= here.size() ? digits[(group >> (18 - 6 * i)) & 63U] : '=';
  }
  return out;
}

using digest = std::array<std::uint32_t, 5>;
constexpr std::size_t block_size = 64;

void add_block(digest& sum, std::string_view block) {
  std::array<std::uint32_t, 80> words{};
  for (std::size_t i = 0; i < 16; ++i)
    for (std::size_t j = 0; j < 4; ++j) words.at(i) = words.at(i) << 8U | byte_at(block, 4 * i + j);
  for (std::size_t i = 16; i < words.size(); ++i)
    words.at(i) = std::rotl(words.at(i - 3) ^ words.at(i - 8) ^ words.at(i - 14) ^ words.at(i - 16), 1);
  auto [a, b, c, d, e] = sum;
  for (std::size_t i = 0; i < words.size(); ++i) {
    auto const mixed = i < 20   ? ((b & c) | (~b & d)) + 0x5a82'7999U
                       : i < 40 ? (b ^ c ^ d) + 0x6ed9'eba1U
                       : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1b'bcdcU
                                : (b ^ c ^ d) + 0xca62'c1d6U;
    auto const next = std::rotl(a, 5) + mixed + e + words.at(i);
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  sum = {sum[0] + a, sum[1] + b, sum[2] + c, sum[3] + d, sum[4] + e};
}

std::string sha1(std::string_view text) {
  std::string padded(text);
  padded += '\x80';
  while (padded.size() % block_size != block_size - 8) padded += '\0';
  for (unsigned left = 8; left > 0; --left)
    padded += static_cast<char>((static_cast<std::uint64_t>(text.size()) * 8 >> (8 * (left - 1))) & 0xffU);
  digest sum{0x6745'2301, 0xefcd'ab89, 0x98ba'dcfe, 0x1032'5476, 0xc3d2'e1f0};
  for (std::size_t at = 0; at < padded.size(); at += block_size)
    add_block(sum, std::string_view(padded).substr(at, block_size));
  std::string out;
  for (auto const word : sum)
    for (unsigned left = 4; left > 0; --left) out += static_cast<char>((word >> (8 * (left - 1))) & 0xffU);
  return out;
}

}  // namespace

std::string websocket_key(std::array<std::uint64_t, 2> chance) {
  std::array<char, sizeof chance> bytes{};
  std::memcpy(bytes.data(), chance.data(), sizeof chance);
  return base64({bytes.data(), bytes.size()});
}

std::string websocket_accept(std::string_view key) {
  return base64(sha1(std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
}

}  // namespace ostler::wire

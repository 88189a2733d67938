#include "base/sha256.hpp"

#include <algorithm>
#include <bit>

namespace ostler {
namespace {

// The first 32 bits behind the point of the cube roots of the first 64 primes.
constexpr std::array<std::uint32_t, 64> round_numbers{
    0x428a'2f98, 0x7137'4491, 0xb5c0'fbcf, 0xe9b5'dba5, 0x3956'c25b, 0x59f1'11f1, 0x923f'82a4, 0xab1c'5ed5,
    0xd807'aa98, 0x1283'5b01, 0x2431'85be, 0x550c'7dc3, 0x72be'5d74, 0x80de'b1fe, 0x9bdc'06a7, 0xc19b'f174,
    0xe49b'69c1, 0xefbe'4786, 0x0fc1'9dc6, 0x240c'a1cc, 0x2de9'2c6f, 0x4a74'84aa, 0x5cb0'a9dc, 0x76f9'88da,
    0x983e'5152, 0xa831'c66d, 0xb003'27c8, 0xbf59'7fc7, 0xc6e0'0bf3, 0xd5a7'9147, 0x06ca'6351, 0x1429'2967,
    0x27b7'0a85, 0x2e1b'2138, 0x4d2c'6dfc, 0x5338'0d13, 0x650a'7354, 0x766a'0abb, 0x81c2'c92e, 0x9272'2c85,
    0xa2bf'e8a1, 0xa81a'664b, 0xc24b'8b70, 0xc76c'51a3, 0xd192'e819, 0xd699'0624, 0xf40e'3585, 0x106a'a070,
    0x19a4'c116, 0x1e37'6c08, 0x2748'774c, 0x34b0'bcb5, 0x391c'0cb3, 0x4ed8'aa4a, 0x5b9c'ca4f, 0x682e'6ff3,
    0x748f'82ee, 0x78a5'636f, 0x84c8'7814, 0x8cc7'0208, 0x90be'fffa, 0xa450'6ceb, 0xbef9'a3f7, 0xc671'78f2};

std::uint32_t number_at(std::byte const* at) {
  return std::to_integer<std::uint32_t>(at[0]) << 24U | std::to_integer<std::uint32_t>(at[1]) << 16U |
         std::to_integer<std::uint32_t>(at[2]) << 8U | std::to_integer<std::uint32_t>(at[3]);
}

}  // namespace

void sha256::add_block(std::byte const* block) {
  std::array<std::uint32_t, 64> words{};
  for (std::size_t i = 0; i < 16; ++i) words[i] = number_at(block + 4 * i);
  for (std::size_t i = 16; i < words.size(); ++i) {
    auto const near = words[i - 2];
    auto const far = words[i - 15];
    words[i] = words[i - 16] + (std::rotr(far, 7) ^ std::rotr(far, 18) ^ far >> 3U) + words[i - 7] +
               (std::rotr(near, 17) ^ std::rotr(near, 19) ^ near >> 10U);
  }
  auto [a, b, c, d, e, f, g, h] = sum_;
  for (std::size_t i = 0; i < words.size(); ++i) {
    auto const one = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) + ((e & f) ^ (~e & g)) +
                     round_numbers[i] + words[i];
    auto const two = (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + one;
    d = c;
    c = b;
    b = a;
    a = one + two;
  }
  std::array const gained{a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < sum_.size(); ++i) sum_[i] += gained[i];
}

sha256& sha256::add(byte_view bytes) {
  auto const held = static_cast<std::size_t>(size_ % block_size);
  size_ += bytes.size();
  if (held > 0) {
    auto const taken = std::min(bytes.size(), block_size - held);
    std::ranges::copy(bytes.first(taken), waiting_.begin() + static_cast<std::ptrdiff_t>(held));
    bytes = bytes.subspan(taken);
    if (held + taken < block_size) return *this;
    add_block(waiting_.data());
  }
  for (; bytes.size() >= block_size; bytes = bytes.subspan(block_size)) add_block(bytes.data());
  std::ranges::copy(bytes, waiting_.begin());
  return *this;
}

std::string sha256::hex() {
  auto const bits = size_ * 8;
  std::array<std::byte, block_size + 8> tail{std::byte{0x80}};
  auto const held = static_cast<std::size_t>(size_ % block_size);
  // Up to the last eight bytes of a block, which say how much it was.
  auto const filling = (held < block_size - 8 ? block_size - 8 : 2 * block_size - 8) - held;
  for (std::size_t i = 0; i < 8; ++i) tail.at(filling + i) = static_cast<std::byte>(bits >> (56 - 8 * i));
  add(byte_view(tail).first(filling + 8));
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (auto const word : sum_)
    for (unsigned left = 8; left > 0; --left) out += digits[word >> (4 * (left - 1)) & 15U];
  return out;
}

}  // namespace ostler

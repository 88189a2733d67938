#include "base/id.hpp"

#include <fmt/format.h>

#include "base/name.hpp"

namespace ostler::detail {
namespace {

constexpr std::string_view digits = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t length = 26;

std::unexpected<error> refuse(std::string_view prefix, std::string_view text) {
  return fail(error_code::text_malformed, fmt::format("{} is not an id; allowed: {} and {} characters of {}",
                                                      in_quotes(text), prefix, length, digits));
}

}  // namespace

id_bits make_id_bits(wall_time when, std::uint64_t random_high, std::uint64_t random_low) {
  auto const milliseconds = static_cast<std::uint64_t>(when.time_since_epoch().count());
  return {(milliseconds << 16U) | (random_high & 0xffffU), random_low};
}

std::string write_id(std::string_view prefix, id_bits bits) {
  std::string text(prefix);
  text.resize(prefix.size() + length);
  // 26 digits of 5 bits hold 130 bits; the first one only ever holds 3.
  for (std::size_t i = length; i-- > 0;) {
    text[prefix.size() + i] = digits[bits[1] & 31U];
    bits[1] = (bits[1] >> 5U) | (bits[0] << 59U);
    bits[0] >>= 5U;
  }
  return text;
}

result<id_bits> read_id(std::string_view prefix, std::string_view text) {
  if (!text.starts_with(prefix) || text.size() != prefix.size() + length) return refuse(prefix, text);
  id_bits bits{};
  auto const body = text.substr(prefix.size());
  if (body.front() > '7') return refuse(prefix, text);
  for (char const c : body) {
    auto const digit = digits.find(c);
    if (digit == std::string_view::npos) return refuse(prefix, text);
    bits[0] = (bits[0] << 5U) | (bits[1] >> 59U);
    bits[1] = (bits[1] << 5U) | digit;
  }
  return bits;
}

std::array<std::byte, 16> id_to_bytes(id_bits bits) {
  std::array<std::byte, 16> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>(bits[i / 8] >> (56U - 8U * (i % 8)));
  return bytes;
}

result<id_bits> id_from_bytes(byte_view bytes) {
  if (bytes.size() != 16)
    return fail(error_code::text_malformed, fmt::format("an id has 16 bytes, not {}", bytes.size()));
  id_bits bits{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bits[i / 8] = (bits[i / 8] << 8U) | std::to_integer<std::uint64_t>(bytes[i]);
  return bits;
}

}  // namespace ostler::detail

// Views of bytes, and the few conversions everybody needs. A view is passed, never stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ostler {

using byte_view = std::span<std::byte const>;

inline byte_view as_bytes(std::string_view text) {
  return std::as_bytes(std::span<char const>(text.data(), text.size()));
}

inline std::string_view as_text(byte_view bytes) {
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

// A number that depends on every byte and on their order (FNV-1a, 64 bits). It tells two runs apart and
// spreads names over ranges; it is no protection against anybody.
class fingerprint {
 public:
  constexpr fingerprint& add(std::string_view text) {
    for (char const c : text) add_byte(static_cast<std::uint8_t>(c));
    // The length keeps ("ab","c") apart from ("a","bc").
    return add(static_cast<std::uint64_t>(text.size()));
  }
  constexpr fingerprint& add(std::uint64_t number) {
    for (unsigned shift = 0; shift < 64; shift += 8) add_byte(static_cast<std::uint8_t>(number >> shift));
    return *this;
  }
  constexpr std::uint64_t value() const { return value_; }

 private:
  constexpr void add_byte(std::uint8_t byte) { value_ = (value_ ^ byte) * 0x0000'0100'0000'01b3ULL; }
  std::uint64_t value_ = 0xcbf2'9ce4'8422'2325ULL;
};

}  // namespace ostler

// Identifiers: 48 bits of wall time in milliseconds and 80 random bits, so that they sort by age and never
// meet, also between daemons. Written `ins_` and 26 characters of Crockford's base 32. Each kind is a type of
// its own.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/instant.hpp"
#include "base/result.hpp"

namespace ostler {

namespace detail {
using id_bits = std::array<std::uint64_t, 2>;
id_bits make_id_bits(wall_time when, std::uint64_t random_high, std::uint64_t random_low);
std::string write_id(std::string_view prefix, id_bits bits);
result<id_bits> read_id(std::string_view prefix, std::string_view text);
// Most significant byte first, so that bytes sort as ids do.
std::array<std::byte, 16> id_to_bytes(id_bits bits);
result<id_bits> id_from_bytes(byte_view bytes);
}  // namespace detail

template <class Kind> class id {
 public:
  // The id that names nothing.
  constexpr id() = default;

  // Only 16 bits of random_high are used.
  static id make(wall_time when, std::uint64_t random_high, std::uint64_t random_low) {
    return id(detail::make_id_bits(when, random_high, random_low));
  }
  static result<id> parse(std::string_view text) {
    auto const bits = detail::read_id(Kind::prefix, text);
    if (!bits) return std::unexpected(bits.error());
    return id(*bits);
  }

  // For keeping: 16 bytes that sort as the ids do. The kind is not in them.
  static result<id> from_bytes(byte_view bytes) {
    auto const bits = detail::id_from_bytes(bytes);
    if (!bits) return std::unexpected(bits.error());
    return id(*bits);
  }
  std::array<std::byte, 16> bytes() const { return detail::id_to_bytes(bits_); }

  // "ins_01k9…"
  std::string text() const { return detail::write_id(Kind::prefix, bits_); }
  // Without the prefix: fits where an underscore does not.
  std::string bare() const { return detail::write_id({}, bits_); }

  constexpr explicit operator bool() const { return bits_ != detail::id_bits{}; }
  constexpr auto operator<=>(id const&) const = default;
  // Spread evenly enough for hashing and for forking chance.
  constexpr std::uint64_t mixed() const { return bits_[0] * 0x9e37'79b9'7f4a'7c15ULL ^ bits_[1]; }

 private:
  constexpr explicit id(detail::id_bits bits) : bits_(bits) {}
  detail::id_bits bits_{};
};

struct instance_kind {
  static constexpr std::string_view prefix = "ins_";
};
struct service_kind {
  static constexpr std::string_view prefix = "svc_";
};
struct resource_kind {
  static constexpr std::string_view prefix = "res_";
};

using instance_id = id<instance_kind>;
using service_id = id<service_kind>;
using resource_id = id<resource_kind>;

}  // namespace ostler

template <class Kind> struct std::hash<ostler::id<Kind>> {
  std::size_t operator()(ostler::id<Kind> const& value) const { return value.mixed(); }
};

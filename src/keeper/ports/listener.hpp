// A socket that listens.
#pragma once

#include <array>
#include <cstdint>
#include <sys/types.h>

namespace ostler::keeper {

enum class address_family : std::uint8_t { v4, v6 };

struct listener {
  // As on the wire; of an IPv4 address the first four.
  std::array<std::uint8_t, 16> address{};
  std::uint16_t port = 0;
  address_family family = address_family::v4;
  std::uint64_t inode = 0;
  // Who made it. Whoever holds it may have become somebody else since.
  uid_t user = 0;
  bool operator==(listener const&) const = default;
};

}  // namespace ostler::keeper

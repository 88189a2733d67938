// Numbers as bytes, least significant first, on every machine: what lies on disk and goes over the wire.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>

#include "base/bytes.hpp"

namespace ostler::wire {

template <std::unsigned_integral Number> void put(std::byte* to, Number value) {
  for (std::size_t at = 0; at < sizeof(Number); ++at)
    to[at] = static_cast<std::byte>((value >> (8 * at)) & 0xff);
}

template <std::unsigned_integral Number> void put(std::string& to, Number value) {
  for (std::size_t at = 0; at < sizeof(Number); ++at) to += static_cast<char>((value >> (8 * at)) & 0xff);
}

// The caller has seen that there are as many bytes.
template <std::unsigned_integral Number> Number get(std::byte const* from) {
  Number value = 0;
  for (std::size_t at = 0; at < sizeof(Number); ++at)
    value = static_cast<Number>(value | static_cast<Number>(static_cast<Number>(from[at]) << (8 * at)));
  return value;
}

template <std::unsigned_integral Number> Number get(std::string_view from, std::size_t offset) {
  return get<Number>(as_bytes(from).data() + offset);
}

}  // namespace ostler::wire

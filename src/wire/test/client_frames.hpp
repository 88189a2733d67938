// Frames as a client sends them, right and wrong ones.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "wire/websocket_frame.hpp"

namespace ostler::wire::test {

struct frame_form {
  bool last = true;
  bool masked = true;
  std::uint8_t reserved = 0;
};

// The first byte by hand, since our own writer makes only what is right.
inline std::string client_frame(websocket_kind kind, std::string_view data, frame_form form = {}) {
  static constexpr std::array<std::uint8_t, 4> mask{0x1b, 0xa5, 0x00, 0xff};
  std::string out;
  write_websocket_header(out, websocket_kind::binary, data.size());
  out[0] = static_cast<char>((form.last ? 0x80U : 0U) | form.reserved | static_cast<std::uint8_t>(kind));
  if (!form.masked) return out.append(data);
  out[1] = static_cast<char>(static_cast<std::uint8_t>(out[1]) | 0x80U);
  for (auto const byte : mask) out += static_cast<char>(byte);
  for (std::size_t i = 0; i < data.size(); ++i)
    out += static_cast<char>(data[i] ^ static_cast<char>(mask[i % 4]));
  return out;
}

}  // namespace ostler::wire::test

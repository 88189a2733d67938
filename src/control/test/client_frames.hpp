// Frames as a client sends them, right and wrong ones.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "control/websocket/frame.hpp"

namespace ostler::control::test {

struct frame_form {
  bool last = true;
  bool masked = true;
  std::uint8_t reserved = 0;
};

inline std::string client_frame(websocket::opcode what, std::string_view data, frame_form form = {}) {
  static constexpr std::array<std::uint8_t, 4> mask{0x1b, 0xa5, 0x00, 0xff};
  std::string out;
  websocket::write_header(out, what, data.size());
  auto first = static_cast<std::uint8_t>(out[0]);
  first = static_cast<std::uint8_t>((form.last ? first : first & 0x7fU) | form.reserved);
  out[0] = static_cast<char>(first);
  if (!form.masked) return out.append(data);
  out[1] = static_cast<char>(static_cast<std::uint8_t>(out[1]) | 0x80U);
  for (auto const byte : mask) out += static_cast<char>(byte);
  for (std::size_t i = 0; i < data.size(); ++i)
    out += static_cast<char>(data[i] ^ static_cast<char>(mask[i % 4]));
  return out;
}

}  // namespace ostler::control::test

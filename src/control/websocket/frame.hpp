// Frames of RFC 6455 as a server reads and writes them. Pure: bytes in, messages out.
//
// Our own instead of Beast's stream, because ten thousand links lie idle most of the time: between two
// messages a reader holds nothing but its few fields, and what is sent to a thousand listeners is put into
// a frame once. See docs/decisions/0051-own-websocket.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "control/peer_socket.hpp"

namespace ostler::control::websocket {

enum class opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// Of a frame of ours; those of a client have four bytes more, for the mask.
constexpr std::size_t header_size_max = 10;
// Of the payload of a ping, a pong or a close.
constexpr std::size_t control_size_max = 125;

// The header of a whole, unmasked message.
void write_header(std::string& out, opcode what, std::uint64_t size);
// `data` is at most control_size_max long.
std::string control_frame(opcode what, std::string_view data);
// `why` is cut to what fits, not within a character.
std::string close_frame(close_code code, std::string_view why);

// What came: a message, put together from its fragments, or one of the three words about the connection.
struct incoming {
  // Never continuation.
  opcode what = opcode::text;
  std::string data;
  // Of close: what the other side said, or 1005 when it said nothing.
  std::uint16_t code = 0;

  bool operator==(incoming const&) const = default;
};

// Why the connection must end, as it is told to the other side.
struct offence {
  close_code code = close_code::protocol_error;
  std::string_view why;

  bool operator==(offence const&) const = default;
};

class frame_reader {
 public:
  explicit frame_reader(std::size_t size_max = message_size_max) : size_max_(size_max) {}

  // Takes all bytes and appends what became complete, in order; ends at the first close, and at the first
  // offence, after which it must not be used again.
  std::optional<offence> read(byte_view bytes, std::vector<incoming>& out);

  // What it holds of an unfinished message.
  std::size_t held() const { return message_.capacity() + control_.capacity(); }

 private:
  static constexpr std::size_t client_header_max = 14;

  // Each takes what it needs of the bytes.
  std::optional<offence> read_header(byte_view& bytes);
  std::optional<offence> header_complete();
  void read_payload(byte_view& bytes);
  std::optional<offence> payload_complete(std::vector<incoming>& out);
  std::optional<offence> close_heard(std::vector<incoming>& out);

  std::size_t header_needed() const;
  bool is_control() const { return static_cast<std::uint8_t>(what_) >= 8; }

  std::size_t size_max_;
  std::string message_;
  std::string control_;
  std::uint64_t left_ = 0;  // of the payload of this frame
  std::array<std::uint8_t, client_header_max> header_{};
  std::uint8_t header_size_ = 0;
  std::uint8_t mask_at_ = 0;  // which byte of the mask comes next
  std::array<std::uint8_t, 4> mask_{};
  opcode what_ = opcode::text;          // of this frame
  opcode message_what_ = opcode::text;  // of the message that is put together
  bool in_payload_ = false;
  bool in_message_ = false;
  bool last_ = false;
  bool closed_ = false;
};

}  // namespace ostler::control::websocket

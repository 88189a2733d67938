// Frames of WebSockets (RFC 6455) for both roles: bytes in, messages out, and back. No I/O and no chance in
// it, so that the same code serves a client that blocks, a daemon that does not, and a test.
//
// Between two messages a reader holds nothing but its few fields, because ten thousand links lie idle most of
// the time, and the header of a frame is written apart, because what is told to a thousand listeners is put
// into a frame once. See docs/decisions/0051-own-websocket.md.
//
// Strict where a lenient reader would let two sides disagree about what was said: reserved bits, unknown
// kinds, lengths longer than needed, a missing or a needless mask, texts that are no UTF-8, and codes of
// closing that must not be sent are all refused. No extension is ever agreed on, so nothing is compressed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace ostler::wire {

// The numbers are those of the wire.
enum class websocket_kind : std::uint8_t { more = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };
// Of whoever sent the frames: clients mask, servers do not.
enum class websocket_role : std::uint8_t { client, server };

// Why a connection is closed, as far as we say or look at it.
enum class websocket_close : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported = 1003,
  // Never sent: the close frame had no code.
  none_given = 1005,
  bad_text = 1007,
  policy = 1008,
  too_big = 1009,
  internal = 1011,
  try_again = 1013,
};

// Of the payload of a ping, a pong or a close.
constexpr std::size_t websocket_control_max = 125;
constexpr std::size_t websocket_message_max = 16UL * 1024 * 1024;
// Of a frame without a mask; one with it has four bytes more.
constexpr std::size_t websocket_header_max = 10;

// The header of a whole message without a mask: what a server puts before the payload.
void write_websocket_header(std::string& out, websocket_kind kind, std::uint64_t size);
// One whole message as one frame, appended. `mask` is for clients, and must not be foreseeable by whoever
// chose the payload. Payloads of control frames must be within websocket_control_max.
void write_websocket(std::string& out, websocket_kind kind, std::string_view payload,
                     std::optional<std::uint32_t> mask);
// The payload of a close; a reason that is too long is cut between characters.
std::string websocket_close_payload(websocket_close code, std::string_view reason);

// What came: a message, put together from its fragments, or one of the three words about the connection.
struct websocket_heard {
  // Never `more`.
  websocket_kind kind = websocket_kind::text;
  // Of a close: the reason.
  std::string data;
  // Of a close: the number of its code, which may be one that was registered since.
  std::uint16_t code = 0;

  bool operator==(websocket_heard const&) const = default;
};

// Why the connection must end, as it is told to the other side.
struct websocket_offence {
  websocket_close code = websocket_close::protocol_error;
  std::string_view why;

  bool operator==(websocket_offence const&) const = default;
};

class websocket_reader {
 public:
  // `sender` is the other side. A message, also one in fragments, has at most `message_max` bytes.
  explicit websocket_reader(websocket_role sender, std::size_t message_max = websocket_message_max)
      : message_max_(message_max), sender_(sender) {}

  // Takes all bytes and appends what became complete, in order; ends at the first close, and at the first
  // offence, after which it must not be used again.
  std::optional<websocket_offence> read(byte_view bytes, std::vector<websocket_heard>& out);

  // What it holds of an unfinished message.
  std::size_t held() const { return message_.capacity() + control_.capacity(); }

 private:
  static constexpr std::size_t mask_size = 4;

  // Each takes what it needs of the bytes.
  std::optional<websocket_offence> read_header(byte_view& bytes);
  std::optional<websocket_offence> begin_of_header() const;
  std::optional<websocket_offence> header_complete();
  void read_payload(byte_view& bytes);
  std::optional<websocket_offence> payload_complete(std::vector<websocket_heard>& out);
  std::optional<websocket_offence> close_heard(std::vector<websocket_heard>& out);

  std::size_t header_needed() const;
  bool is_control() const { return static_cast<std::uint8_t>(kind_) >= 8; }

  std::size_t message_max_;
  std::string message_;
  std::string control_;
  std::uint64_t left_ = 0;  // of the payload of this frame
  std::array<std::uint8_t, websocket_header_max + mask_size> header_{};
  std::uint8_t header_size_ = 0;
  std::uint8_t mask_at_ = 0;  // which byte of the mask comes next
  std::array<std::uint8_t, mask_size> mask_{};
  websocket_role sender_;
  websocket_kind kind_ = websocket_kind::text;          // of this frame
  websocket_kind message_kind_ = websocket_kind::text;  // of the message that is put together
  bool in_payload_ = false;
  bool in_message_ = false;
  bool last_ = false;
  bool closed_ = false;
};

}  // namespace ostler::wire

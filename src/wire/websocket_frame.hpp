// Frames of WebSockets (RFC 6455) for both roles: bytes in, messages out, and back. No I/O and no chance in
// it, so that the same code serves a client that blocks, a daemon that does not, and a test.
//
// Strict where a lenient reader would let two sides disagree about what was said: reserved bits, unknown
// kinds, lengths longer than needed, a missing or a needless mask, texts that are no UTF-8, and codes of
// closing that must not be sent are all refused. No extension is ever agreed on, so nothing is compressed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

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
  text_invalid = 1007,
  policy = 1008,
  too_large = 1009,
  failed = 1011,
  try_later = 1013,
};

constexpr std::size_t websocket_control_max = 125;
constexpr std::size_t websocket_message_max = 16UL * 1024 * 1024;

struct websocket_message {
  // Never `more`: fragments are put together.
  websocket_kind kind = websocket_kind::text;
  // Valid until the reader is used again.
  std::string_view payload;
};

// What the payload of a close says.
struct websocket_closing {
  std::uint16_t code = static_cast<std::uint16_t>(websocket_close::none_given);
  std::string reason;
};

// One whole message as one frame, appended. `mask` is for clients, and must not be foreseeable by whoever
// chose the payload. Payloads of control frames must be within websocket_control_max.
void write_websocket(std::string& out, websocket_kind kind, std::string_view payload,
                     std::optional<std::uint32_t> mask);
// The payload of a close; a reason that is too long is cut between characters.
std::string websocket_close_payload(websocket_close code, std::string_view reason);
// Of a message of the kind `close` that a reader gave: its form was looked at.
websocket_closing websocket_closing_of(std::string_view payload);

// Cuts what arrives into messages. Holds at most one message that is not complete, and nothing while idle.
class websocket_reader {
 public:
  // `sender` is the other side. A message, also one in fragments, has at most `message_max` bytes.
  explicit websocket_reader(websocket_role sender, std::size_t message_max = websocket_message_max)
      : sender_(sender), message_max_(message_max) {}

  // Where the next bytes go: never empty. Then `filled` says how many came.
  std::span<char> space();
  void filled(std::size_t count);
  // The next whole message; nothing when more bytes are needed. After an error the connection is to be closed
  // with `refusal()`, and nothing more can be read. What follows a close is not looked at.
  result<std::optional<websocket_message>> next();
  // Between the fragments of a message that has begun.
  bool in_message() const { return fragments_ != websocket_kind::more; }
  websocket_close refusal() const { return refusal_; }

 private:
  struct header {
    websocket_kind kind;
    bool last;
    bool masked;
    std::size_t begins;  // of the payload, counted from the frame
    std::uint64_t size;
  };
  std::unexpected<error> refuse(websocket_close why, std::string message);
  // Nothing when more bytes are needed.
  result<std::optional<header>> read_header(std::string_view rest);
  result<void> check(header const& found);
  // One frame with its whole payload there; a message when it completes one.
  result<std::optional<websocket_message>> take(header const& found, std::string_view payload);
  result<std::optional<websocket_message>> whole(websocket_kind kind, std::string_view payload);

  websocket_role sender_;
  std::size_t message_max_;
  std::string buffer_;
  std::size_t used_ = 0;   // of buffer_, filled
  std::size_t taken_ = 0;  // of used_, given out
  // The kind of the message that is in fragments; `more` when there is none.
  websocket_kind fragments_ = websocket_kind::more;
  std::string message_;
  bool given_ = false;  // message_ was given out
  bool closed_ = false;
  websocket_close refusal_ = websocket_close::normal;
};

}  // namespace ostler::wire

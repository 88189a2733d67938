// A WebSocket of a client. It never blocks but in `wait`, and shows its descriptor, so that a terminal can be
// polled beside it:
//
//   while (true) {
//     poll {socket.fd(), socket.poll_events()} and what else there is
//     if (auto const sent = socket.flush(); !sent) …
//     for (;;) { auto const next = socket.receive(); … until it is an error or empty }
//     if (socket.unsent() < some_limit) { read stdin; socket.send_bytes(…); }
//   }
//
// Pings are answered by themselves. Who sends faster than the other side reads sees `unsent` grow, and stops.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "wire/websocket_frame.hpp"

namespace ostler::client {

class stream;

enum class incoming_kind : std::uint8_t { text, binary, closed };

struct incoming {
  incoming_kind kind = incoming_kind::text;
  // Of `closed`: the reason.
  std::string data;
  // Of `closed`: a number of wire::websocket_close, or one that was registered since.
  std::uint16_t code = 0;
};

enum class woken : std::uint8_t { message_may_be_there, other_fd, time_is_over };

class websocket {
 public:
  // `upgraded` is a connection on which the upgrade was answered; `rest` are bytes that came behind that.
  websocket(std::unique_ptr<stream> upgraded, std::string_view rest);
  websocket(websocket&&) noexcept;
  websocket& operator=(websocket&&) noexcept;
  ~websocket();

  int fd() const;
  // For poll(2): POLLIN, and POLLOUT while something is unsent.
  short poll_events() const;

  // The next message that is there; nothing when more has to come. After `closed`, and after an error, there
  // is nothing more. daemon_unreachable: the other side went away without a word.
  result<std::optional<incoming>> receive();

  // Queue and try to send. A failure to send is told by `flush` and `receive`.
  void send_text(std::string_view text);
  void send_bytes(std::string_view bytes);
  void ping();
  result<void> flush();
  std::size_t unsent() const;

  // Says goodbye; what is received until `closed` comes may be thrown away.
  void close(wire::websocket_close code, std::string_view reason);

  // Sends what is unsent and waits until a message may be there, or `other_fd` (if not -1) is readable. A
  // negative limit: none.
  result<woken> wait(milliseconds limit, int other_fd = -1);
  // The next message, waited for; nothing when the limit is over.
  result<std::optional<incoming>> receive_within(milliseconds limit);

 private:
  void queue(wire::websocket_kind kind, std::string_view payload);
  // Takes from the socket what is there; false when there was nothing.
  result<bool> fill();
  void take_bytes(std::string_view bytes);
  // What of it is for the caller.
  std::optional<incoming> take(wire::websocket_heard&& what);

  std::unique_ptr<stream> stream_;
  wire::websocket_reader reader_;
  std::vector<wire::websocket_heard> heard_;
  std::size_t heard_at_ = 0;  // the next of heard_
  // After what was heard: why nothing more can be read.
  std::optional<wire::websocket_offence> offence_;
  std::string out_;
  std::size_t sent_ = 0;  // of out_
  bool ended_ = false;    // nothing more is received
  bool closing_ = false;  // our goodbye is queued
};

}  // namespace ostler::client

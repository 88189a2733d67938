// The daemon's end of a WebSocket, as those see it who talk over it: messages in and out, nothing of frames.
//
// All of it runs at home, on the loop. Pings, pongs, limits, the check of UTF-8 and the close handshake are
// done below it. What is sent waits in a bounded queue and goes out in as few writes as it can; whoever can
// wait uses send(), whoever must not (one event for a thousand listeners) uses push() and hears when there is
// no room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "async/task.hpp"
#include "base/result.hpp"
#include "wire/websocket_frame.hpp"

namespace ostler::control {

constexpr std::size_t message_size_max = 1024UL * 1024;

enum class message_kind : std::uint8_t { text, binary };

struct message {
  message_kind kind = message_kind::text;
  std::string data;

  bool operator==(message const&) const = default;
};

// A message made once for many receivers, in the very bytes that go over the wire.
//
// shared_ptr, because each receiver lets go of it at another time.
class shared_message {
 public:
  explicit shared_message(std::string_view data, message_kind kind = message_kind::text);

  std::string_view data() const { return std::string_view(*frame_).substr(header_); }
  // With its header: a whole frame as a server sends it.
  std::string_view frame() const { return *frame_; }
  std::shared_ptr<std::string const> const& shared_frame() const { return frame_; }

 private:
  std::shared_ptr<std::string const> frame_;
  std::size_t header_ = 0;
};

using close_code = wire::websocket_close;

// full: the queue has no room for it, and it was not taken. closed: nothing goes out any more.
enum class push_outcome : std::uint8_t { taken, full, closed };

class peer_socket {
 public:
  peer_socket() = default;
  peer_socket(peer_socket const&) = delete;
  peer_socket& operator=(peer_socket const&) = delete;
  virtual ~peer_socket() = default;

  // The next message; none when the other side has closed in good order, or we have. link_lost when the
  // connection broke or was silent for too long, message_malformed when what came is no WebSocket. One call
  // at a time.
  virtual async::task<result<std::optional<message>>> receive() = 0;
  // Waits for room in the queue; link_lost when nothing goes out any more. Several may wait.
  virtual async::task<result<void>> send(message what) = 0;
  virtual push_outcome push(shared_message const& what) = 0;
  // What was queued still goes out, then the closing. `why` is cut to what fits. Later calls change nothing.
  virtual void close(close_code code, std::string_view why) = 0;
  virtual bool closed() const = 0;
  // What waits to go out, for whoever decides how much is too much.
  virtual std::size_t waiting_bytes() const = 0;
  virtual std::size_t waiting_messages() const = 0;
};

// What is talked once a WebSocket is open; when it returns, the socket is closed in good order. The socket is
// never null and outlives the task. The task is cancelled when the server closes.
using conversation = std::move_only_function<async::task<void>(peer_socket*)>;

}  // namespace ostler::control

// One WebSocket after its upgrade: frames over a stream, with all that keeps a connection honest.
//
// An idle one holds its fields and a waiting coroutine, no buffers. Whoever talks over it sees a peer_socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/bell.hpp"
#include "base/instant.hpp"
#include "control/caller.hpp"
#include "control/peer_socket.hpp"
#include "control/stream.hpp"
#include "control/sweeper.hpp"
#include "wire/websocket_frame.hpp"

namespace ostler::control {
struct parts;
}

namespace ostler::control::websocket {

class link : public peer_socket, public watched {
 public:
  // `shown`: by what right it is there; when that ends, so does it. `early`: what came behind the request for
  // the upgrade.
  link(parts& shared, stream connected, caller::pass shown, std::string_view early);
  ~link() override;

  async::task<result<std::optional<message>>> receive() override;
  async::task<result<void>> send(message what) override;
  push_outcome push(shared_message const& what) override;
  void close(close_code code, std::string_view why) override;
  bool closed() const override { return state_ != state::open; }
  std::size_t waiting_bytes() const override { return out_bytes_; }
  std::size_t waiting_messages() const override { return out_.size() - out_at_; }

  // After the conversation: closes in good order, and waits for the other side as long as is allowed.
  async::task<void> finish();
  // Sends what is queued, as much as goes without waiting.
  void flush();

  void look(instant now) override;
  void leave() override;
  void judge() override;
  void instance_gone(instance_id const& which) override;

 private:
  using frame = std::shared_ptr<std::string const>;
  // closing: our close is queued or sent. over: nothing more is heard; what is queued may still go out.
  enum class state : std::uint8_t { open, closing, over };

  void queue(frame what);
  // A ping, a pong or a close.
  void queue_word(wire::websocket_kind kind, std::string_view payload);
  void queue_close(close_code code, std::string_view why);
  // Reads what there is; false when one must wait first.
  bool read_now();
  void take_bytes(byte_view bytes);
  // None when it was no message.
  std::optional<message> take(wire::websocket_heard&& what);
  void answer_close(std::uint16_t code);
  void offended(wire::websocket_offence const& what);
  void broke(std::string_view why);
  void written(std::size_t bytes);
  void wait_for_room_to_write();

  parts& shared_;
  stream stream_;
  caller::pass shown_;
  wire::websocket_reader reader_{wire::websocket_role::client, message_size_max};
  std::vector<wire::websocket_heard> inbox_;
  std::size_t inbox_at_ = 0;
  std::vector<frame> out_;
  std::size_t out_at_ = 0;
  std::size_t out_offset_ = 0;  // of the first frame, what is written already
  std::size_t out_bytes_ = 0;
  // Those who wait to send; made when somebody does.
  std::unique_ptr<async::bell> room_;
  // Tells a callback of the loop whether we are still there; shared with it, made when there is one.
  std::shared_ptr<bool> here_;
  std::string_view trouble_;  // why it broke
  error_code trouble_code_ = error_code::link_lost;
  std::optional<instant> heard_at_;
  std::optional<instant> pinged_at_;
  std::optional<instant> stuck_since_;
  std::optional<instant> closing_since_;
  state state_ = state::open;
  bool heard_ = true;
  bool moved_ = false;
  bool more_may_be_there_ = true;
  bool peer_closed_ = false;
  bool ended_ = false;  // the stream
  bool blocked_ = false;
  bool pong_waits_ = false;

  friend class flusher;
  bool in_flusher_ = false;
};

}  // namespace ostler::control::websocket

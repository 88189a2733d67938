#include "control/peer_socket.hpp"

namespace ostler::control {

shared_message::shared_message(std::string_view data, message_kind kind) {
  std::string frame;
  frame.reserve(wire::websocket_header_max + data.size());
  wire::write_websocket_header(
      frame, kind == message_kind::text ? wire::websocket_kind::text : wire::websocket_kind::binary,
      data.size());
  header_ = frame.size();
  frame += data;
  frame_ = std::make_shared<std::string const>(std::move(frame));
}

}  // namespace ostler::control

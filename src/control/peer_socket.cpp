#include "control/peer_socket.hpp"

#include "control/websocket/frame.hpp"

namespace ostler::control {

shared_message::shared_message(std::string_view data, message_kind kind) {
  std::string frame;
  frame.reserve(websocket::header_size_max + data.size());
  websocket::write_header(
      frame, kind == message_kind::text ? websocket::opcode::text : websocket::opcode::binary, data.size());
  header_ = frame.size();
  frame += data;
  frame_ = std::make_shared<std::string const>(std::move(frame));
}

}  // namespace ostler::control

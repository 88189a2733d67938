// The sending half of a connection to an agent. What is sent waits in a bounded queue below it; nothing here
// blocks.
#pragma once

#include <cstdint>
#include <string_view>

#include "wire/websocket_frame.hpp"

namespace ostler::agents {

// Why we end a connection.
enum class parting : std::uint8_t { stopped, replaced, malformed, too_late, refused, lost };

// How a WebSocket says it. To an agent 1000 and 1008 are final: it was stopped, it may not be what it says,
// or another connection of it is there, which it must not replace in turn. After all others it dials again.
constexpr wire::websocket_close close_code(parting how) {
  switch (how) {
    case parting::stopped: return wire::websocket_close::normal;
    case parting::replaced:
    case parting::refused: return wire::websocket_close::policy;
    case parting::malformed: return wire::websocket_close::protocol_error;
    case parting::too_late: return wire::websocket_close::try_again;
    case parting::lost: break;
  }
  return wire::websocket_close::going_away;
}

class text_port {
 public:
  text_port() = default;
  text_port(text_port const&) = delete;
  text_port& operator=(text_port const&) = delete;
  virtual ~text_port() = default;

  // False when there is no room for it, or nothing goes out any more: it was not taken.
  virtual bool send(std::string_view text) = 0;
  // What was sent before still goes out. Later calls change nothing.
  virtual void close(parting how, std::string_view why) = 0;
};

}  // namespace ostler::agents

// From a request to a WebSocket: whether it is a right one, and who talks then.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "control/caller.hpp"
#include "control/http/request_reader.hpp"
#include "control/peer_socket.hpp"
#include "control/stream.hpp"

namespace ostler::control {
struct parts;
}

namespace ostler::control::http {

// The subprotocol that we speak; a client that names none speaks it too.
inline constexpr std::string_view our_protocol = "ostler.v1";

struct upgrade_agreed {
  std::string accept;
  // What a browser needs to hear when it offered any.
  std::string protocol;
};

// usage, with what is missing.
result<upgrade_agreed> agree_to_upgrade(request_head const& head);

// Owned by the scope of the server from now on, and ended when `shown` lets nobody in any more; `early` is
// what the client sent behind its request.
void start_conversation(parts& shared, stream connected, caller::pass shown, std::string_view early,
                        conversation talk);

}  // namespace ostler::control::http

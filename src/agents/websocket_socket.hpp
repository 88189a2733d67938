// A WebSocket that we opened to an agent server, as the client.
//
// Whoever has it sends without waiting; what is sent goes into a queue that a coroutine of its own empties.
// That one outlives the socket by the moment in which the last words go out, so it belongs to a scope of
// whoever opens the socket.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "agents/byte_stream.hpp"
#include "agents/text_socket.hpp"
#include "async/scope.hpp"
#include "async/task.hpp"
#include "base/result.hpp"

namespace ostler::agents {

struct websocket_target {
  // "127.0.0.1:8080", for whoever serves several.
  std::string host;
  std::string path;
};

struct websocket_needs {
  async::home where;
  // Outlives the socket, and is closed before anything below the stream goes away.
  async::scope* tasks = nullptr;
  // 64 random bits that nobody can foresee.
  std::function<std::uint64_t()> luck;
};

// Asks for the upgrade and looks at the answer; link_failed when it is no WebSocket that answers. The limit
// to the time is the caller's.
async::task<result<std::unique_ptr<text_socket>>> open_websocket(websocket_needs needs,
                                                                 std::unique_ptr<byte_stream> over,
                                                                 websocket_target target);

}  // namespace ostler::agents

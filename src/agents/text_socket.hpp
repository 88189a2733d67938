// A connection to an agent, both halves. Whoever has a WebSocket makes one of it; a test makes it of a list.
#pragma once

#include <optional>
#include <string>

#include "agents/text_port.hpp"
#include "async/task.hpp"
#include "base/result.hpp"

namespace ostler::agents {

class text_socket : public text_port {
 public:
  // The next text; none when the connection was closed in good order, by either side. One call at a time.
  virtual async::task<result<std::optional<std::string>>> receive() = 0;
};

}  // namespace ostler::agents

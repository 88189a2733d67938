// The sending half of a connection to an agent. What is sent waits in a bounded queue below it; nothing here
// blocks.
#pragma once

#include <cstdint>
#include <string_view>

namespace ostler::agents {

// Why we end a connection, for whoever numbers it on the wire.
enum class parting : std::uint8_t { stopped, replaced, malformed, too_late, refused, lost };

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

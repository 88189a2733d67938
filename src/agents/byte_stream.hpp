// A connection of bytes to an agent server, whoever made it. Below it lies what this folder does not know: a
// forward through the link of a keeper, or what a test plays.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "async/task.hpp"
#include "base/result.hpp"

namespace ostler::agents {

class byte_stream {
 public:
  byte_stream() = default;
  byte_stream(byte_stream const&) = delete;
  byte_stream& operator=(byte_stream const&) = delete;
  // With nobody reading or writing. Gives it up.
  virtual ~byte_stream() = default;

  // As many as came; nothing at the end. One call at a time.
  virtual async::task<result<std::optional<std::string>>> read() = 0;
  // Ends when all was taken; the bytes outlive the task. One call at a time.
  virtual async::task<result<void>> write(std::string_view bytes) = 0;
  // Nothing more is written.
  virtual void end() = 0;
  // In both directions; whoever reads or writes at the moment hears link_failed.
  virtual void give_up() = 0;
};

}  // namespace ostler::agents

// A connected socket on the loop, of either door. Reads and writes are tried at once and never block; who has
// to wait awaits readable() or writable(), which keep no buffer meanwhile: what lies idle costs nothing.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <sys/uio.h>

#include "async/task.hpp"
#include "system/fd.hpp"

namespace ostler::control {

class stream {
 public:
  stream(async::home const& where, system::fd connected);

  //   some   that many bytes, at least one
  //   later  would have to wait
  //   ended  the other side has closed, or the connection broke: the difference helps nobody
  enum class outcome : std::uint8_t { some, later, ended };
  struct moved {
    outcome how = outcome::later;
    std::size_t bytes = 0;
  };
  moved read(std::span<char> into);
  moved write(std::span<iovec const> from);
  moved write(std::string_view from);
  // Has the other side closed? `some` when bytes wait to be read.
  outcome peek();

  // Also end when the socket was shut.
  async::task<void> readable();
  async::task<void> writable();
  // Calls once when it is writable, or when the stream goes away; nothing of the stream may be touched then
  // without knowing that it is still there.
  void when_writable(std::move_only_function<void()> call);

  // No more is written; what was goes out.
  void shut_writing();
  // Both ways, at once; whoever waits wakes up and finds it ended.
  void shut();

 private:
  boost::asio::posix::stream_descriptor socket_;
};

}  // namespace ostler::control

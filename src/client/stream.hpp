// A connected socket on which every wait has an end: a moment, or a descriptor that says stop.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "system/fd.hpp"
#include "whereabouts/whereabouts.hpp"

namespace ostler::client {

// When a wait ends without what was waited for: with timed_out at `deadline`, with cancelled when `stop_fd`
// is readable.
struct wait_end {
  std::optional<instant> deadline;
  int stop_fd = -1;

  // A limit of zero is none.
  static wait_end after(milliseconds limit, int stop_fd);
};

class stream {
 public:
  // daemon_unreachable when nobody answers there.
  static result<std::unique_ptr<stream>> dial(whereabouts::daemon_address const& where, wait_end const& end);
  // Takes a socket that is connected and does not block.
  explicit stream(system::fd connected) : fd_(std::move(connected)) {}

  int fd() const { return fd_.get(); }
  // Nothing is there to be read, and the other side has not gone.
  bool is_quiet() const;

  // At least one byte; 0 when the other side has ended.
  result<std::size_t> read(std::span<char> into, wait_end const& end);
  // All of it, unless the other side says something first: how much was written then.
  result<std::size_t> write(std::string_view bytes, wait_end const& end);

  // Without waiting. Nothing when there is nothing; 0 when the other side has ended.
  result<std::optional<std::size_t>> read_now(std::span<char> into);
  // How much was taken, which may be nothing.
  result<std::size_t> write_now(std::string_view bytes);

  // What of `events` is possible, as poll(2) tells it.
  result<short> wait(short events, wait_end const& end) const;

 private:
  system::fd fd_;
};

}  // namespace ostler::client

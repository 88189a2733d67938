// What a service tells about itself, in the words of sd_notify(3): lines of KEY=value in one datagram.
//
// Anybody who finds the socket can send; nothing in it is believed to be well formed. What we do not know is
// passed over, as the protocol asks.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ostler::keeper {

struct notify_message {
  bool ready = false;
  bool stopping = false;
  bool reloading = false;
  bool watchdog = false;
  // Fit to be shown: UTF-8 without control characters.
  std::optional<std::string> status;
  std::optional<std::int32_t> main_pid;
  std::optional<std::chrono::microseconds> extend_timeout;
  std::optional<int> error_number;

  bool operator==(notify_message const&) const = default;
};

inline constexpr std::size_t notify_status_max = 256;

// The last of each key counts. Nothing when there is none that we know.
std::optional<notify_message> parse_notify(std::string_view text);

}  // namespace ostler::keeper

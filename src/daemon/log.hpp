// The daemon's own log: one line for each thing that somebody may want to know afterwards, on standard error,
// where systemd, a terminal or the log file of whoever started us takes it.
//
//   2026-11-21T12:16:03.041Z info  it is ready
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ostler::daemon {

enum class importance : std::uint8_t { info, warning, failure };

// Text from outside is written in such a way that it cannot look like a line of ours.
void log(importance how, std::string_view text);

}  // namespace ostler::daemon

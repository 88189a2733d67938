// Two kinds of time that must never be mixed.
//
// `instant` counts from an arbitrary start, goes on through suspend, and never jumps: every deadline is one.
// `wall_time` is what people read; it may jump in both directions, so nothing is decided by it.
// Nothing here reads a clock: whoever owns one passes the moment in.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ostler {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// CLOCK_BOOTTIME on a real machine, a number that only moves when told in a simulation.
struct boot_clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<boot_clock>;
  static constexpr bool is_steady = true;
};

using instant = boot_clock::time_point;
using wall_time = std::chrono::sys_time<std::chrono::milliseconds>;

// All that a pure machine may know of the world beside the event itself.
struct moment {
  instant now;
  wall_time wall;
  // Random bits drawn by the caller for this one step, so that a machine draws none.
  std::uint64_t luck = 0;
};

// The longest duration any setting may have; longer ones are mistakes.
constexpr auto duration_max = std::chrono::hours(24 * 365);

// "250ms", "10s", "1m30s", "2h", "7d". Refuses a missing unit, a sign, and what is beyond duration_max.
result<milliseconds> parse_duration(std::string_view text);
// The shortest form that parse_duration reads back: "1m30s".
std::string format_duration(milliseconds duration);
// RFC 3339 in UTC with milliseconds: "2026-11-21T12:16:03.041Z".
std::string format_wall_time(wall_time time);

}  // namespace ostler

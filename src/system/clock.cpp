#include "system/clock.hpp"

#include <ctime>

#include "base/ensure.hpp"

namespace ostler::system {
namespace {

nanoseconds read_clock(clockid_t which) {
  timespec read{};
  ensure(clock_gettime(which, &read) == 0, "the system's clocks can be read");
  return seconds(read.tv_sec) + nanoseconds(read.tv_nsec);
}

}  // namespace

instant now() { return instant(read_clock(CLOCK_BOOTTIME)); }

wall_time wall_now() { return wall_time(std::chrono::floor<milliseconds>(read_clock(CLOCK_REALTIME))); }

}  // namespace ostler::system

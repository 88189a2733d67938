// What the storms share: how hard they blow, and what is read of a keeper from outside.
//
//   build/dev/bin/keeper_storm_test                        as in every run of the tests
//   OSTLER_STORM=full build/dev/bin/keeper_storm_test      the full counts; takes half an hour and some GiB
//
// OSTLER_STORM_SEED=N blows at other moments.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/keeper/held.hpp"
#include "wire/log_records.hpp"

namespace ostler::test {

bool full_storm();
// The small count, or the one of the full storm.
int of_storm(int small, int full);

// Moments by seed; what happens at them is up to the machine.
class weather {
 public:
  weather();
  int between(int least, int most);
  // Until it has ended, but not longer than some random time below the limit.
  void wait_with(std::int64_t pid, std::chrono::microseconds limit);

 private:
  std::minstd_rand dice_;
};

// In KiB, as /proc/PID/status has it: "VmHWM", "RssAnon".
std::int64_t memory_kib(std::int64_t pid, std::string_view which);
// A sanitizer keeps what was freed, and hundreds of times as much as the keeper ever has: then every amount
// will do.
bool is_within(std::int64_t kib, std::int64_t limit_kib);
std::size_t descriptors_of(std::int64_t pid);
// Spent by it so far, in user and kernel.
std::chrono::milliseconds cpu_of(std::int64_t pid);

std::vector<std::string> lines_of(std::string const& path);
std::string content_of(std::string const& path);

// Cuts a stream of log records into records as they come.
class record_cutter {
 public:
  void take(std::string& bytes, std::function<void(wire::log_record const&)> const& use);

 private:
  std::string rest_;
};

// All that is kept of what the service printed, as it came.
std::string whole_log(link_client& link, std::string const& service);
// "000000000001 out" and so on without a gap or a repetition: the last number, or 0 and what is wrong.
std::uint64_t numbered_through(std::string_view log, std::string& wrong);

// All events that are told from the beginning; numbered without gaps, or the test has failed.
std::vector<wire::keeper_event> whole_story(held& place);

// The service's main process took the lock `name` for as long as it or anybody of its tree lives: says
// whether another one ever found it taken.
bool was_ever_twice(held const& place, std::string const& name);

}  // namespace ostler::test

// Processes of this machine, and how to be sure which one is meant.
//
// A pid is only a number that is given out again. A process is known by the boot it belongs to, its pid and
// its start time; who wants to signal it opens it, looks again, and signals what was opened. The start time
// counts in ticks of 10 ms, so a mark in the environment can be asked for besides.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "system/fd.hpp"

namespace ostler::system {

// Another after every start of the machine.
result<std::string> boot_id();

struct process_stat {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  // As in ps: R, S, D, T, Z, X, …
  char state = '?';
  std::int64_t threads = 0;
  // Since boot, in units of sysconf(_SC_CLK_TCK).
  std::uint64_t start_ticks = 0;

  // Nothing of it runs any more. A leader that ended before its threads shows Z, and goes on.
  bool ended() const { return state == 'X' || state == 'x' || (state == 'Z' && threads <= 1); }
};

// A line of /proc/PID/stat, in which the name of the program may contain anything.
result<process_stat> parse_process_stat(std::string_view line);
// file_unknown when there is no such process.
result<process_stat> stat_of(pid_t pid);
// Those that /proc shows, in no order.
result<std::vector<pid_t>> all_processes();
std::vector<pid_t> children_of(pid_t pid);

// What `name` had as its value when the process was started; nothing when it had none or it may not be read.
// Reads in pieces: an environment may be some megabytes.
std::optional<std::string> environment_of(pid_t pid, std::string_view name);

struct process_identity {
  std::string boot;
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;

  bool operator==(process_identity const&) const = default;
};
result<process_identity> identify(pid_t pid);

// A variable that the process had when it was started.
struct environment_mark {
  std::string name;
  std::string value;
};

// On a kernel without pidfd, the moment between looking and signalling stays open.
enum class hold_strength : std::uint8_t { pidfd, number_only };
enum class signal_outcome : std::uint8_t { sent, gone };

class process_handle {
 public:
  // Nothing when that process is gone: another one has its number, or the machine was started again.
  static result<std::optional<process_handle>> open(
      process_identity const& whom, std::optional<environment_mark> const& mark = std::nullopt);

  process_identity const& identity() const { return whom_; }
  hold_strength strength() const { return pidfd_ ? hold_strength::pidfd : hold_strength::number_only; }
  // Becomes readable when the process ends; -1 without.
  int pidfd() const { return pidfd_.get(); }
  system::fd release_pidfd() { return std::move(pidfd_); }
  result<signal_outcome> signal(int number) const;

 private:
  process_handle(process_identity whom, fd pidfd) : whom_(std::move(whom)), pidfd_(std::move(pidfd)) {}
  process_identity whom_;
  fd pidfd_;
};

// Closed when the process is gone or the kernel has none.
fd open_pidfd(pid_t pid);
result<signal_outcome> signal_pidfd(int pidfd, int number);

// What this kernel, and whoever filters its calls, lets us use.
struct process_capabilities {
  bool pidfd = false;
  bool clone3 = false;
  bool openat2 = false;
  bool close_range = false;
};
process_capabilities probe_capabilities();

}  // namespace ostler::system

// Programs run by the daemon: started without a shell, waited for by pidfd, ended as a group.
//
// The child gets what is named here and nothing else: its words, its environment, its directory, three
// descriptors. It leads a process group of its own; what is still in that group when it has ended is killed
// before its number is given back, so that a helper of a helper does not stay behind.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

#include "async/task.hpp"
#include "base/instant.hpp"
#include "base/result.hpp"
#include "system/fd.hpp"

namespace ostler::async {

struct process_request {
  // argv[0] is a path with a slash: nothing is looked for in a PATH that somebody else could have changed.
  std::vector<std::string> argv;
  // "NAME=value", all of it.
  std::vector<std::string> environment;
  // Empty: the root directory, so that no mount is kept busy.
  std::string directory;
  // What becomes 0, 1 and 2; /dev/null where none is given.
  system::fd input;
  system::fd output;
  system::fd errors;
};

struct process_end {
  // Of exit(); -1 when a signal ended it.
  int code = -1;
  int signal = 0;
  bool operator==(process_end const&) const = default;
};

class process {
 public:
  // spawn_failed when it could not be run.
  static result<process> start(home const& where, process_request request);
  process(process&&) noexcept;
  process& operator=(process&&) noexcept;
  // Kills the whole group when it was not waited for.
  ~process();

  pid_t pid() const;
  // Once it has ended; again, the same. A cancelled wait may be repeated.
  task<process_end> wait();
  // Nothing happens when it has ended.
  result<void> signal_group(int number);

 private:
  struct state;
  explicit process(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

// How much is kept of each of the two outputs; what comes after it is read and dropped.
struct run_limits {
  milliseconds time{30s};
  std::size_t output_max = 1UL * 1024 * 1024;
};

struct program_output {
  process_end end;
  std::string out;
  std::string errors;
  // Something was dropped.
  bool cut = false;
};

// Runs a program to its end with `input` on its standard input. After the time, or when the caller is
// cancelled, its group is killed and reaped before the answer is given.
task<result<program_output>> run_program(process_request request, run_limits limits, std::string input = {});

}  // namespace ostler::async

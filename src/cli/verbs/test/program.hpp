// The real program `ostler`, started by a test at a terminal or at pipes, and ended with the test.
#pragma once

#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "system/fd.hpp"

namespace ostler::cli::test {

class program {
 public:
  // At a terminal of 30 by 100, which is its input and both its outputs.
  static program at_terminal(std::vector<std::string> const& words);
  // Its standard output and standard error in one pipe, nothing to read.
  static program at_pipe(std::vector<std::string> const& words);
  program(program&& other) noexcept;
  program& operator=(program&&) = delete;
  // Killed when it still runs.
  ~program();

  void type(std::string_view text) const;
  void signal(int number) const;
  // What it wrote since the last reading, up to and with this text; all of it, and a failure, when it never
  // comes.
  std::string read_until(std::string_view text);
  // All that it wrote until it ended, and how: its exit code, or 1000 and the signal.
  int end();
  std::string const& rest() const { return read_; }
  // Whether keys are shown as they are typed: not while the terminal is raw.
  bool echoes() const;

 private:
  program(pid_t pid, system::fd talk) : pid_(pid), talk_(std::move(talk)) {}
  bool read_more();

  pid_t pid_ = -1;
  system::fd talk_;
  std::string read_;
};

}  // namespace ostler::cli::test

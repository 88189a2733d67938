// Runs one command in an instance and hears all of it: for what the answers themselves have to know.
#pragma once

#include <string>
#include <vector>

#include "answers/asked.hpp"

namespace ostler::answers {

struct command_in {
  std::vector<std::string> command;
  milliseconds limit{30s};
  // What it prints beyond is dropped, the beginning first.
  std::size_t output_max = 64UL * 1024;
  // What it is called while it runs.
  std::string label;
};

struct command_end {
  wire::exit_told exit;
  std::string out;
};

// After the limit its whole tree is killed, and its end tells of that.
task<result<command_end>> run_in(keeper_ptr keeper, command_in what);

}  // namespace ostler::answers

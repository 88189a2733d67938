// Real processes for the tests of the keeper: started by a token, and none of them left when the test is
// over.
#pragma once

#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

#include "keeper/hold/spawn.hpp"
#include "system/fd.hpp"
#include "tests/support/temporary_directory.hpp"

namespace ostler::keeper::test {

// Both ends, neither for a program that we start unless it is given one.
struct pipe_ends {
  pipe_ends();
  system::fd out;
  system::fd in;
};

// What comes out until the end, or until `last` was seen; fails the test after a generous while.
std::string read_until(int from, std::string_view last);
inline std::string read_all(int from) { return read_until(from, {}); }
// "value" of the line "name: value" or "name:\tvalue".
std::string line_of(std::string_view report, std::string_view name);
// Waits for the end of a child of ours and reaps it: as waitpid() has it.
int wait_for_end(pid_t pid);
// Whoever has ended and is ours.
void reap_all();
// Looks again and again, with the thread given up between, until it holds; false after a generous while.
bool becomes_true(std::function<bool()> const& holds);

class with_processes : public testing::Test {
 protected:
  with_processes();
  ~with_processes() override;

  // Our helper, with the words that tell it what to do, and its output into `output`.
  spawn_request request(std::vector<std::string> words) const;
  pipe_ends output;
  std::string token;
  ostler::test::temporary_directory place{"hold"};
  std::string directory = place.text();
  std::string child_program;
};

}  // namespace ostler::keeper::test

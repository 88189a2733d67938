// A program that lives on without us: a session of its own, no terminal, nothing of ours open but what it is
// given, and the init process for a parent.
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

#include "base/result.hpp"
#include "system/fd.hpp"

namespace ostler::client {

struct detached_program {
  std::string path;
  // "NAME=value", all that it gets.
  std::vector<std::string> environment;
  // What it prints to stderr is appended here; stdin and stdout are /dev/null.
  std::string log;
  // Becomes the descriptor `given_as` of it.
  int given = -1;
};
constexpr int given_as = 3;

// Its pid. An error when it could not be started at all.
result<pid_t> start_detached(detached_program const& program);

}  // namespace ostler::client

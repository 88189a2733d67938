// What a command printed, from its log, byte for byte.
#pragma once

#include <cstdint>
#include <string>

#include "answers/asked.hpp"

namespace ostler::answers {

struct output_question {
  std::string session;
  // Where the answer before has ended.
  std::uint64_t position = 0;
  // Of each of the two outputs.
  std::size_t lines_max = 200;
};

struct output_read {
  std::string out;
  std::string err;
  // Goes on there.
  std::uint64_t position = 0;
  // There was more, or something of it is not kept.
  bool truncated = false;
};

// Nothing, when nothing of it was kept.
task<result<output_read>> read_output(keeper_ptr keeper, output_question asked);

}  // namespace ostler::answers

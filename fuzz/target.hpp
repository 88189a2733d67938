// What a fuzz target is made of: the entry that libFuzzer calls, and the two things every target looks at.
//
// A target throws arbitrary bytes at a reader of ours. The sanitizers see what is read that is not there;
// ensure() stops the program where a promise does not hold, and libFuzzer keeps the bytes that did it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/ensure.hpp"
#include "base/error.hpp"

// The name and the form are libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

namespace ostler::fuzz {

inline std::string_view as_text(std::uint8_t const* data, std::size_t size) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes as they came are what is to be read.
  return {reinterpret_cast<char const*>(data), size};
}

// A refusal repeats what was given, and ends in terminals, logs and headers.
inline void expect_fit_to_show(std::string_view message) {
  auto const is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  ensure(std::ranges::none_of(message, is_control), "a message holds no control characters");
  ensure(message.size() <= 4096, "a message does not repeat all that it refuses");
}

}  // namespace ostler::fuzz

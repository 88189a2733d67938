// The content of one file copied, by the cheapest way that works.
#pragma once

#include <atomic>
#include <cstdint>
#include <stop_token>
#include <string>

#include "base/result.hpp"

namespace ostler::providers::local {

// What was found not to work is not tried again for the next file.
struct copy_ways {
  std::atomic<bool> clone = true;
  std::atomic<bool> in_kernel = true;
};

// From the beginning; holes stay holes. Gives the size; `path` is for messages.
result<std::uint64_t> copy_content(int from, int to, copy_ways& ways, std::stop_token const& stop,
                                   std::string const& path);

}  // namespace ostler::providers::local

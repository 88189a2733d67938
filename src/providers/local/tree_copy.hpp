// A tree copied: shared blocks where the file system can (FICLONE), else copied in the kernel, else by hand.
//
// Kept are modes, times, links, holes, and hard links within the tree. Sockets, fifos, devices and what is
// mounted inside are left out and named. One thread walks, several copy; every name is used relative to an
// open directory, and no link is followed. It blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace ostler::providers::local {

struct copy_options {
  std::size_t threads = 4;
  // Shell patterns: with a slash for the path from the top, without for any name.
  std::vector<std::string> exclude;
  // A directory that is left out wherever it is met: the one that holds the copies.
  int never_enter = -1;
};

struct copy_count {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};
// Called by one thread at a time, not too often.
using copy_watcher = std::function<void(copy_count const&)>;

struct copy_report {
  copy_count count;
  // Paths from the top, the first hundred.
  std::vector<std::string> left_out;
};

// Makes `name` in the open directory `into`, which must not be there. After an error what was copied stays.
result<copy_report> copy_tree(std::string const& from, int into, std::string const& name,
                              copy_options const& options, std::stop_token const& stop,
                              copy_watcher const& watch);

}  // namespace ostler::providers::local

// openat2(2) with RESOLVE_BENEATH, by the kernel or, where it lacks it, by hand. Only for workspace.
#pragma once

#include <string>
#include <sys/types.h>

#include "keeper/files/workspace.hpp"

namespace ostler::keeper {

struct open_request {
  int root;
  // Relative, not empty.
  std::string const& path;
  // Complete, O_CLOEXEC included.
  int flags;
  mode_t mode;
  links which;
  // What an absolute link must begin with to stay inside.
  std::string const& root_path;
  std::string const& real_path;
};

// Both give a descriptor or -1 with errno. EXDEV: the path leaves the root.
int open_by_kernel(open_request const& asked);
int open_by_walk(open_request const& asked);

}  // namespace ostler::keeper

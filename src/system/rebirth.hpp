// Goes on in a child that was born in another cgroup, in place of being moved there.
//
// To move a process that lives, the kernel waits until nobody is on his way through fork anywhere: ten
// milliseconds and more on an idle machine. A birth waits for nobody.
#pragma once

#include "base/result.hpp"

namespace ostler::system {

// Comes back in the child, which has everything that was open and a pid of its own; the caller has exited
// with 0 by then. An error comes back in the caller, and nothing has changed. There must be one thread.
result<void> be_reborn_in(int cgroup2_directory);

}  // namespace ostler::system

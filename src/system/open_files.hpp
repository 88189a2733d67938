// How many files this process may have open: a soft limit, which it may move up to the hard one.
//
// The usual soft limit, 1024, is so low for the sake of programs that use select(). A server with a socket
// for each agent takes what it may have, and gives those whom it starts what it was given itself.
#pragma once

#include <cstdint>

#include "base/result.hpp"

namespace ostler::system {

// To the hard limit; what the soft one was before comes back.
result<std::uint64_t> raise_open_files();
// At most the hard limit, which stays.
result<void> set_open_files(std::uint64_t soft);

}  // namespace ostler::system

// What a cancelled operation throws, told apart from what failed.
#pragma once

#include <exception>

namespace ostler::async {

// Was it Asio's "operation aborted"?
bool is_cancellation(std::exception_ptr const& what);
[[noreturn]] void throw_cancelled();

}  // namespace ostler::async

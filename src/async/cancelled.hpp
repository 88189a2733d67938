// What a coroutine throws: a cancellation, told apart from what failed, and what to say of that.
#pragma once

#include <exception>
#include <string>

namespace ostler::async {

// Was it Asio's "operation aborted"?
bool is_cancellation(std::exception_ptr const& what);
[[noreturn]] void throw_cancelled();
// For the log.
std::string thrown_text(std::exception_ptr const& what);

}  // namespace ostler::async

// What the system refused, as an error of ours.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace ostler::system {

// "No such file or directory (ENOENT)"
std::string errno_text(int number);
// The code a caller can act on: storage_full, file_unknown, too_many_open…, else system_failed.
error_code errno_code(int number);
// `what` says what was tried and on what: "open /x/y". Reads errno.
[[nodiscard]] std::unexpected<error> fail_errno(std::string_view what);
[[nodiscard]] std::unexpected<error> fail_errno(std::string_view what, int number);

// Was errno EINTR?
bool interrupted();

// Repeats a call that a signal interrupted.
template <class Call> auto uninterrupted(Call call) {
  for (;;) {
    auto const answer = call();
    if (answer >= 0 || !interrupted()) return answer;
  }
}
}  // namespace ostler::system

// Asks the kernel for the listening sockets of our own network namespace (sock_diag(7)).
//
// The text of /proc/net/tcp costs milliseconds whatever is in it, because the kernel walks the table of all
// connections of the machine to write it. Here it walks that of the listening sockets alone, in some ten
// microseconds, so that a starting service can be looked at every millisecond. Not every place permits it,
// and it knows no namespace but the caller's, so /proc remains the way that always works.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "keeper/ports/listener.hpp"

namespace ostler::keeper {

enum class diag_progress : std::uint8_t { more, done };

// Appends what one datagram of the kernel's answer tells. message_malformed when it is not what it says it
// is; an error of the kernel as errno_code() has it. Messages of another `sequence` are passed over.
result<diag_progress> read_diag(byte_view datagram, std::uint32_t sequence, std::vector<listener>& into);

// On that port, or on every one when it is 0. value_out_of_range above `most`. After any other error nothing
// is known, and /proc is to be asked.
result<std::vector<listener>> diag_listeners(std::uint16_t port, std::size_t most);

}  // namespace ostler::keeper

// Where a reader stands in several logs at once, as a text that only we read: a position for each. Positions
// are valid for ever, so it survives restarts of the service, the keeper and the daemon.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ostler::answers {

// By the name of a service or a session.
using log_positions = std::map<std::string, std::uint64_t, std::less<>>;

// "1~db.99~web.123". Names hold neither of the two signs.
std::string write_log_cursor(log_positions const& all);
// text_malformed for anything that was not written by it.
result<log_positions> read_log_cursor(std::string_view text);

}  // namespace ostler::answers

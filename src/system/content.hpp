// What a file or a link holds: compared byte by byte, or as a mark by which it is known again. Times and
// sizes are not asked, because they lie. No link is followed, and nothing is opened that could make us wait.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace ostler::system {

// other: a socket, a fifo, a device; it holds nothing.
enum class entry_kind : std::uint8_t { absent, file, link, directory, other };
result<entry_kind> kind_at(int directory, std::string const& name);

// Of a file or a link: 'f' or 'l' and the SHA-256 of what it holds. Another name, mode or time changes
// nothing.
result<std::string> content_mark(int directory, std::string const& name);

// Whether both are files, or both links, and hold the same.
result<bool> same_content(int directory, int other_directory, std::string const& name);

}  // namespace ostler::system

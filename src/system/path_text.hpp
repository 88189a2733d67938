// Names of files as they are shown: the kernel takes any bytes, people and messages do not.
#pragma once

#include <string>
#include <string_view>

namespace ostler::system {

bool is_utf8(std::string_view text);

// For messages: control characters and what is not UTF-8 are escaped, and no more than 80 bytes are shown.
std::string shown(std::string_view path);

}  // namespace ostler::system

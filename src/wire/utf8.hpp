// What is well-formed UTF-8 and what only looks like it: JSON and the texts of WebSockets must be it, and a
// careless reader lets two spellings of one character pass.
#pragma once

#include <cstddef>
#include <string_view>

namespace ostler::wire {

// How many bytes the well-formed character at the front has; 0 when there is none (Unicode 15, table 3-7).
// `text` is not empty.
std::size_t utf8_size(std::string_view text);
bool is_utf8(std::string_view text);

}  // namespace ostler::wire

// Is there a key twice in one object of a JSON text? Readers differ in which of the two they take, so whoever
// looked at a request before us may have seen another one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ostler::operations {

// The first one, as it is meant and not as it is escaped; none when every key stands alone. `json` is a text
// that a parser took.
std::optional<std::string> repeated_key(std::string_view json);

}  // namespace ostler::operations

// Files like .env, as people write them for many tools.
//
//   NAME=value          the blanks around the value do not count, nor what follows a blank and '#'; expanded
//   export NAME=value   the same
//   NAME='value'        as it stands; may have several lines
//   NAME="value"        \n \t \r \" \\ \$ and expanded; may have several lines
//   # a comment
//
// Nothing is guessed: a line that is none of these is refused, and with it the file.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "keeper/environment/variables.hpp"

namespace ostler::keeper {

// Adds to what is known, which the values may use. `file` names it in refusals.
result<void> read_dotenv(std::string_view file, std::string_view text, variables& known);

}  // namespace ostler::keeper

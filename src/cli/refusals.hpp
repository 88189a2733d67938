// How a refusal is shown: what happened, the evidence, what to try, and where to read more; or as JSON, for
// who reads by machine. The exit code follows from the error's code.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.hpp"
#include "cli/screen.hpp"

namespace ostler::cli {

// Ends with a line break. Everything from outside is escaped.
std::string refusal_text(error const& what, channel const& where);
// {"error": {…}}, one line.
std::string refusal_json(error const& what);

}  // namespace ostler::cli

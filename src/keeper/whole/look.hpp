// What a person wants to know who stands before a keeper's directory.
#pragma once

#include <string>

namespace ostler::keeper {

// Prints it; the exit code: 0, or 3 when no keeper runs there, or 1 when that could not be found out.
int show_status(std::string const& directory, bool json);

}  // namespace ostler::keeper

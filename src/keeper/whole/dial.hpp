// A keeper's link on standard input and output, for those who reach its place only by a command.
#pragma once

#include <string>

#include "base/result.hpp"
#include "system/fd.hpp"

namespace ostler::keeper {

// Connected to the keeper of that directory.
result<system::fd> connect_to_keeper(std::string const& directory);

// Until either side ends. The exit code.
int dial(std::string const& directory);

}  // namespace ostler::keeper

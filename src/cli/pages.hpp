// The command line told whole: as a man page, and as the page docs/reference/command-line.md. Both walk the
// same tables as --help.
#pragma once

#include <string>
#include <string_view>

namespace ostler::cli {

// ostler.1, for man(7).
std::string man_page(std::string_view version);
std::string command_line_reference();

}  // namespace ostler::cli

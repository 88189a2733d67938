// The program that looks, `ostler-keeper look`: started for one look, in the place and by its user.
#pragma once

namespace ostler::keeper {

// Reads the order (wire/work.hpp) from its standard input, and prints what it found as JSON. It ends with
// whoever asked, and after the limit of the order at the latest. The exit code: 0 when the look came to its
// end, whatever was found.
int look_for_work();

}  // namespace ostler::keeper

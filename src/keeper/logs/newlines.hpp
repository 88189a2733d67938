// Counts newlines as fast as memory gives them.
//
// Every byte of every service passes here, so the loop is written with vectors of the compiler's own: it is
// quick however the rest of the program is compiled, also when that is for size.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace ostler::keeper {

std::uint64_t count_newlines(byte_view bytes);

}  // namespace ostler::keeper

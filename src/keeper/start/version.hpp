// Of which release this keeper is.
#pragma once

namespace ostler::keeper {

inline constexpr char const* version = "0.1.0";

}  // namespace ostler::keeper

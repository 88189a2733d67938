// All shapes that can be reached from the operations: what they take, what they answer, and what is in it.
#pragma once

#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "operations/shape.hpp"

namespace ostler::operations {

// Which side speaks of a value.
enum class spoken_by : std::uint8_t { client, daemon };

// Every struct and enumeration, each once, by name.
std::vector<shape const*> every_shape();
// The same, of one side only.
std::vector<shape const*> every_shape(spoken_by side);

}  // namespace ostler::operations

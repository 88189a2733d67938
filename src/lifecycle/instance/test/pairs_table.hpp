// All pairs of representative instances and events as a text that a person can read and a test can hold the
// machine to.
//
// A paragraph is one representative, a line below it are all events that come to the same from there:
// `events -> phase: what is done`. Orders stand between asterisks.
#pragma once

#include <string_view>

#include "lifecycle/instance/phase.hpp"

namespace ostler::lifecycle {

// Of the representatives in these states. Fails at the first line that differs.
void expect_pairs(std::initializer_list<instance_state> states, std::string_view expected);

}  // namespace ostler::lifecycle

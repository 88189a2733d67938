// What each step of the planner is: the phase it is seen as, how long it may take, what ends with it.
#pragma once

#include "lifecycle/instance/instance.hpp"
#include "lifecycle/policy/numbers.hpp"

namespace ostler::lifecycle {

phase phase_of(step_kind step);
// Belongs to the way up.
bool is_upward(step_kind step);
// Its effect is over when we stop waiting for it. The others are waited for, because something may exist
// afterwards.
bool is_cancellable(step_kind step);
// A courtesy on the way down, left out when the way down is forced.
bool is_polite(step_kind step);
// It makes something, so that it needs a turn.
bool is_heavy(step_kind step);
bool is_removal(step_kind step);
milliseconds limit_of(step_kind step, instance const& it, numbers const& rules);

}  // namespace ostler::lifecycle

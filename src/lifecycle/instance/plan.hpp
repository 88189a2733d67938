// The planner: from what is wanted and what is known to the next step. One pure function, and the only place
// that knows the order of a start, a stop, a delete and a recovery. When it says `none`, wanted and actual
// agree.
#pragma once

#include "lifecycle/instance/instance.hpp"

namespace ostler::lifecycle {

// Where the instance is being led; not always what is wanted, because a failed start is taken back first.
enum class direction : std::uint8_t {
  rest,  // leave it as it is
  up,
  down,
  gone,
  take_back,  // down, and what the failed start made is removed
};
std::string_view name(direction value);
direction direction_of(instance const& it);

struct planned_step {
  step_kind kind = step_kind::none;
  std::size_t resource = 0;  // index into resources for launch (when begun before), stop_keeper, remove; and
                             // for make, when the intent is already known
  std::size_t wish = 0;      // index into wishes for make
  bool known = false;        // the resource exists in the ledger already
  bool operator==(planned_step const&) const = default;
};

planned_step plan(instance const& it);

// Whether something that must go in this direction is still in the ledger, failed removals included.
bool anything_must_go(instance const& it);

}  // namespace ostler::lifecycle

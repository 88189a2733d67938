// Which work in a workspace exists nowhere else: the one rule by which a delete is refused
// (docs/decisions/0061-work-that-would-be-lost.md).
//
// It reads and changes nothing, and nothing that the workspace names is run. What cannot be read or
// understood makes the whole look fail: whoever asks must never hear that nothing is there when that is not
// known.
#pragma once

#include "base/result.hpp"
#include "wire/work.hpp"

namespace ostler::keeper {

result<wire::work_found> find_work(wire::work_order const& order);

}  // namespace ostler::keeper

// The event that says: the moment you asked for has come. Every machine keeps one `wake` in its state, and
// the owner sends a tick when it is due; an early or a repeated tick is refused and changes nothing.
#pragma once

namespace ostler::lifecycle {

struct tick {};

}  // namespace ostler::lifecycle

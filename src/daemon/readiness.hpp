// Tells whoever started us that we answer, or that another daemon does already: systemd by its socket, our
// own command line by a descriptor.
#pragma once

#include <string_view>

#include "base/result.hpp"

namespace ostler::daemon {

// Takes the descriptor out of our environment, so that nothing we start has it.
void take_readiness();
// Once; whoever started us does not wait any longer.
void tell_ready();
void tell_held();
// "READY=1", "STOPPING=1", "STATUS=…", to systemd alone.
void tell_systemd(std::string_view words);

}  // namespace ostler::daemon

// How a process ended, as the machine says it and as the ledger and the link do.
#pragma once

#include "lifecycle/service/service.hpp"
#include "wire/keeper_link.hpp"

namespace ostler::keeper {

wire::exit_told told(lifecycle::exit_status status, bool asked, bool oom);
lifecycle::exit_status heard(wire::exit_told const& told);

}  // namespace ostler::keeper

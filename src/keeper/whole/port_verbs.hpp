// ports.*: who listens in the instance, and a way to there.
#pragma once

#include "keeper/loop/loop.hpp"
#include "keeper/serve/server.hpp"
#include "keeper/services/service_set.hpp"

namespace ostler::keeper {

// All of them outlive the door.
void offer_ports(server& door, loop& on, service_set& services);

}  // namespace ostler::keeper

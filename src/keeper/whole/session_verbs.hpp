// exec.start and session.*: commands and terminals of clients.
#pragma once

#include "keeper/serve/server.hpp"
#include "keeper/sessions/session_table.hpp"

namespace ostler::keeper {

// The sessions outlive the door.
void offer_sessions(server& door, session_table& sessions);

}  // namespace ostler::keeper

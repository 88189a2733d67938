// files.*: the workspace, read, written, packed and watched through streams. Nothing outside of it can be
// named.
#pragma once

#include "keeper/files/workspace.hpp"
#include "keeper/loop/loop.hpp"
#include "keeper/serve/server.hpp"

namespace ostler::keeper {

// All of them outlive the door.
void offer_files(server& door, loop& on, workspace const& files);

}  // namespace ostler::keeper

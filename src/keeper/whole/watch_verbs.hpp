// files.watch: what changes in the workspace, one JSON line a change, on a stream.
#pragma once

#include "keeper/files/workspace.hpp"
#include "keeper/loop/loop.hpp"
#include "keeper/serve/server.hpp"

namespace ostler::keeper {

void offer_watches(server& door, loop& on, workspace const& files);

}  // namespace ostler::keeper

// files.pack and files.unpack: parts of the workspace as a tar archive on a stream.
#pragma once

#include "keeper/files/workspace.hpp"
#include "keeper/loop/loop.hpp"
#include "keeper/serve/server.hpp"

namespace ostler::keeper {

void offer_archives(server& door, loop& on, workspace const& files);

}  // namespace ostler::keeper

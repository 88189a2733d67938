// A tree of the workspace removed, as system/tree_removal.hpp does it.
#pragma once

#include <string_view>

#include "keeper/files/workspace.hpp"
#include "system/tree_removal.hpp"

namespace ostler::keeper {

result<system::tree_removal> open_removal(workspace const& files, std::string_view path);

}  // namespace ostler::keeper

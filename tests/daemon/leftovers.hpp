// What keepers that were killed leave in the kernel, and only their homes know of.
#pragma once

#include <filesystem>

namespace ostler::test {

// Of all homes below `root`, whose processes have ended; before the homes are removed.
void remove_cgroups_of_homes(std::filesystem::path const& root);

}  // namespace ostler::test

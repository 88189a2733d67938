// Which mount a descriptor lies on.
#pragma once

#include <cstdint>

#include "base/result.hpp"

namespace ostler::system {

struct mount_mark {
  // 0 where the system does not tell (before Linux 5.8 without /proc).
  std::uint64_t id = 0;
  std::uint64_t device = 0;
};

result<mount_mark> mount_of(int opened);

// By the id where both have one: it tells a bind mount of the same file system, and does not take a btrfs
// subvolume for a mount. Else by the device.
bool same_mount(mount_mark const& one, mount_mark const& other);

}  // namespace ostler::system

// The state directory has one owner at a time.
//
// The lock is the kernel's: it ends with the process that holds it, however that dies, so there is never a
// stale one to clear away. The file beside it only says who holds it, and is never removed, since removing it
// would let two processes lock two files of one name.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.hpp"

namespace ostler::journal::sqlite {

class state_lock {
 public:
  // Makes the directory when it is missing. Refuses with state_locked, naming the pid of the owner.
  static result<state_lock> acquire(std::filesystem::path const& directory);

  state_lock(state_lock&& other) noexcept;
  state_lock& operator=(state_lock&&) = delete;
  ~state_lock();

  // Whether the last owner ran since this machine was started. If so, nothing it wrote can be missing.
  bool last_owner_ran_in_this_boot() const { return same_boot_; }

 private:
  state_lock(int fd, bool same_boot) : fd_(fd), same_boot_(same_boot) {}
  int fd_;
  bool same_boot_;
};

}  // namespace ostler::journal::sqlite

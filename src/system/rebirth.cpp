#include "system/rebirth.hpp"

#include <csignal>
#include <cstdint>
#include <linux/sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "system/failure.hpp"

namespace ostler::system {

result<void> be_reborn_in(int cgroup2_directory) {
  // Where the C library keeps the number of its thread; fork() has the kernel write it, and so do we.
  int* tid = nullptr;
  if (::prctl(PR_GET_TID_ADDRESS, &tid) != 0) return fail_errno("ask for the address of the thread's number");
  clone_args born{};
  born.flags = CLONE_INTO_CGROUP | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
  born.exit_signal = SIGCHLD;
  born.child_tid = reinterpret_cast<std::uintptr_t>(tid);
  born.cgroup = static_cast<std::uint64_t>(cgroup2_directory);
  auto const child = ::syscall(SYS_clone3, &born, sizeof born);
  if (child < 0) return fail_errno("be born in a cgroup");
  if (child > 0) ::_exit(0);
  return {};
}

}  // namespace ostler::system

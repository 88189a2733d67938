#include "keeper/unsaved/no_processes.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

namespace ostler::keeper {
namespace {

#if defined(__x86_64__)
constexpr unsigned our_machine = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned our_machine = AUDIT_ARCH_AARCH64;
#else
constexpr unsigned our_machine = 0;
#endif

constexpr unsigned call_at = offsetof(seccomp_data, nr);
constexpr unsigned machine_at = offsetof(seccomp_data, arch);
// The lower half; both machines have it first.
constexpr unsigned first_word_at = offsetof(seccomp_data, args);
// From here on the numbers of x32, another way to the same calls.
constexpr unsigned numbers_end = 0x4000'0000;

constexpr sock_filter load(unsigned offset) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset); }
constexpr sock_filter answer(unsigned what) { return BPF_STMT(BPF_RET | BPF_K, what); }
// How many of the next are passed over when it is so, and when it is not.
constexpr sock_filter is_equal(unsigned value, unsigned char then, unsigned char otherwise) {
  return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, then, otherwise);
}
constexpr sock_filter is_least(unsigned value, unsigned char then, unsigned char otherwise) {
  return BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, value, then, otherwise);
}
constexpr sock_filter has_bit(unsigned bit, unsigned char then, unsigned char otherwise) {
  return BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bit, then, otherwise);
}
constexpr unsigned refused(int why) { return SECCOMP_RET_ERRNO | static_cast<unsigned>(why); }

}  // namespace

int forbid_processes() {
  if (our_machine == 0) return ENOSYS;
  std::array rules{
      load(machine_at),
      is_equal(our_machine, 1, 0),
      answer(SECCOMP_RET_KILL_PROCESS),
      load(call_at),
      is_least(numbers_end, 0, 1),
      answer(SECCOMP_RET_KILL_PROCESS),
#ifdef SYS_fork
      is_equal(SYS_fork, 0, 1),
      answer(refused(EPERM)),
      is_equal(SYS_vfork, 0, 1),
      answer(refused(EPERM)),
#endif
      // Its flags lie in memory, where nobody can look at them. Without it, the other one is taken.
      is_equal(SYS_clone3, 0, 1),
      answer(refused(ENOSYS)),
      is_equal(SYS_clone, 0, 3),
      load(first_word_at),
      has_bit(CLONE_THREAD, 1, 0),
      answer(refused(EPERM)),
      answer(SECCOMP_RET_ALLOW),
  };
  sock_fprog const program{.len = static_cast<unsigned short>(rules.size()), .filter = rules.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 ? 0 : errno;
}

}  // namespace ostler::keeper

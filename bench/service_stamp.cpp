// The least service there is: stamps its first moment into the file named by its first word, at the slot that
// its second word numbers, waits for SIGUSR1, stamps its last moment, and ends. Without a library, whose own
// start would be measured too.
#include <csignal>
#include <cstddef>
#include <ctime>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "bench/stamp_slot.hpp"

namespace {

using ostler::bench::stamp_slot;

#if defined(__x86_64__)
long call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  long answer = number;
  asm volatile("syscall"
               : "+a"(answer)
               : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return answer;
}
#else
long call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  register long x5 asm("x5") = f;
  asm volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory", "cc");
  return x0;
}
#endif

std::uint64_t now() {
  timespec time{};
  call(SYS_clock_gettime, CLOCK_MONOTONIC, reinterpret_cast<long>(&time));
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace

// What the kernel has put on the stack: the number of words, then the words.
extern "C" [[noreturn, gnu::used]] void stamp_main(long const* stack);
extern "C" [[noreturn, gnu::used]] void stamp_main(long const* stack) {
  auto const first = now();
  auto const* const words = reinterpret_cast<char const* const*>(stack + 1);
  auto const end = [](long code) {
    for (;;) call(SYS_exit_group, code);
  };
  if (stack[0] < 3) end(2);
  // Before anybody knows of us, so that the signal cannot come too early.
  unsigned long const wanted = 1UL << (SIGUSR1 - 1);
  call(SYS_rt_sigprocmask, SIG_BLOCK, reinterpret_cast<long>(&wanted), 0, sizeof wanted);
  auto const file = call(SYS_openat, AT_FDCWD, reinterpret_cast<long>(words[1]), O_RDWR);
  auto const mapped = call(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file);
  if (file < 0 || mapped < 0) end(3);
  auto* const slot = reinterpret_cast<stamp_slot*>(mapped) + (words[2][0] - '0');
  slot->pid = static_cast<std::int32_t>(call(SYS_getpid));
  slot->first = first;
  __atomic_add_fetch(&slot->born, 1, __ATOMIC_SEQ_CST);
  call(SYS_futex, reinterpret_cast<long>(&slot->born), FUTEX_WAKE, 1);
  while (call(SYS_rt_sigtimedwait, reinterpret_cast<long>(&wanted), 0, 0, sizeof wanted) != SIGUSR1) {
  }
  slot->last = now();
  for (;;) end(0);
}

#if defined(__x86_64__)
asm(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call stamp_main\n");
#else
asm(".globl _start\n_start: mov x0, sp\n b stamp_main\n");
#endif

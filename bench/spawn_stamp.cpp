// The smallest program there is: says on its output when it was first run, and ends. Without a library, whose
// own start would be measured too.
#include <ctime>
#include <sys/syscall.h>

namespace {

#if defined(__x86_64__)
long call(long number, long a, long b, long c) {
  long answer = number;
  asm volatile("syscall" : "+a"(answer) : "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return answer;
}
#else
long call(long number, long a, long b, long c) {
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  asm volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory", "cc");
  return x0;
}
#endif

}  // namespace

// The kernel starts it with a stack aligned as for a jump, not as for a call.
#if defined(__x86_64__)
#define OSTLER_ENTRY [[noreturn, gnu::force_align_arg_pointer]]
#else
#define OSTLER_ENTRY [[noreturn]]
#endif

extern "C" OSTLER_ENTRY void _start();
extern "C" OSTLER_ENTRY void _start() {
  timespec now{};
  call(SYS_clock_gettime, CLOCK_MONOTONIC, reinterpret_cast<long>(&now), 0);
  call(SYS_write, 1, reinterpret_cast<long>(&now), sizeof now);
  for (;;) call(SYS_exit_group, 0, 0, 0);
}

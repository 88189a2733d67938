#include "keeper/hold/spawn_child.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <linux/sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <type_traits>

// The sanitizers keep accounts in the memory that the child shares with us.
#define OSTLER_IN_CHILD __attribute__((disable_sanitizer_instrumentation, no_stack_protector, noinline))

namespace ostler::keeper {
namespace {

#if defined(__x86_64__)

OSTLER_IN_CHILD long call_six(long number, long a, long b, long c, long d, long e, long f) {
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

// Makes a process by clone3 or clone. The child calls run(plan) on the stack it was given and never comes
// back.
OSTLER_IN_CHILD long call_clone(long number, long a, long b, long c, void (*run)(child_plan*),
                                child_plan* plan) {
  register auto child_run asm("r12") = run;
  register auto child_argument asm("r13") = plan;
  register long none_a asm("r10") = 0;
  register long none_b asm("r8") = 0;
  long answer = number;
  asm volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "mov %%r13, %%rdi\n\t"
      "call *%%r12\n\t"
      "ud2\n"
      "1:"
      : "+a"(answer)
      : "D"(a), "S"(b), "d"(c), "r"(none_a), "r"(none_b), "r"(child_run), "r"(child_argument)
      : "rcx", "r11", "memory", "cc");
  return answer;
}

#elif defined(__aarch64__)

OSTLER_IN_CHILD long call_six(long number, long a, long b, long c, long d, long e, long f) {
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

// Makes a process by clone3 or clone. The child calls run(plan) on the stack it was given and never comes
// back.
OSTLER_IN_CHILD long call_clone(long number, long a, long b, long c, void (*run)(child_plan*),
                                child_plan* plan) {
  register auto child_run asm("x20") = run;
  register auto child_argument asm("x21") = plan;
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = 0;
  register long x4 asm("x4") = 0;
  asm volatile(
      "svc 0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x29, xzr\n\t"
      "mov x0, x21\n\t"
      "blr x20\n\t"
      "brk 1\n"
      "1:"
      : "+r"(x0)
      : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(child_run), "r"(child_argument)
      : "memory", "cc");
  return x0;
}

#else
#error "the way into a new process is written by hand for each kind of processor"
#endif

template <class Value> OSTLER_IN_CHILD long plain(Value value) {
  if constexpr (std::is_pointer_v<Value>)
    return reinterpret_cast<long>(value);
  else
    return static_cast<long>(value);
}

// A system call that touches no errno: the answer, or the negative errno.
template <class... Arguments> OSTLER_IN_CHILD long call(long number, Arguments... given) {
  static_assert(sizeof...(given) <= 6);
  long padded[6] = {plain(given)...};
  return call_six(number, padded[0], padded[1], padded[2], padded[3], padded[4], padded[5]);
}

[[noreturn]] OSTLER_IN_CHILD void give_up(child_plan* plan, child_step step, long answer) {
  plan->failed = step;
  plan->failed_errno = static_cast<int>(-answer);
  for (;;) call(SYS_exit_group, 127);
}

OSTLER_IN_CHILD void must(child_plan* plan, child_step step, long answer) {
  if (answer < 0) give_up(plan, step, answer);
}

OSTLER_IN_CHILD void write_mark(child_plan* plan) {
  if (plan->mark_file < 0) return;
  std::int64_t const pid = call(SYS_getpid);
  auto const wrote =
      call(SYS_pwrite64, plan->mark_file, static_cast<void const*>(&pid), sizeof pid, plan->mark_offset);
  must(plan, child_step::mark, wrote == sizeof pid || wrote < 0 ? wrote : -EIO);
}

OSTLER_IN_CHILD void join_cgroups(child_plan* plan) {
  // Zero is whoever writes it.
  for (std::size_t i = 0; i < plan->cgroup1_count; ++i)
    must(plan, child_step::cgroup, call(SYS_write, plan->cgroup1_procs[i], "0", 1UL));
  if (plan->cgroup2_directory < 0) return;
  auto const procs = call(SYS_openat, plan->cgroup2_directory, "cgroup.procs", O_WRONLY | O_CLOEXEC);
  must(plan, child_step::cgroup, procs);
  must(plan, child_step::cgroup, call(SYS_write, procs, "0", 1UL));
  call(SYS_close, procs);
}

OSTLER_IN_CHILD void place_stdio(child_plan* plan) {
  int from[3] = {plan->stdio[0], plan->stdio[1], plan->stdio[2]};
  // What lies where another one must go is moved away first.
  for (int to = 0; to < 3; ++to) {
    if (from[to] > 2 || from[to] == to) continue;
    auto const moved = call(SYS_fcntl, from[to], F_DUPFD, 3);
    must(plan, child_step::stdio, moved);
    from[to] = static_cast<int>(moved);
  }
  for (int to = 0; to < 3; ++to) {
    // dup3() refuses to copy onto itself; such a descriptor only has to stay open.
    auto const placed = from[to] == to ? call(SYS_fcntl, to, F_SETFD, 0) : call(SYS_dup3, from[to], to, 0);
    must(plan, child_step::stdio, placed);
  }
}

// For kernels whose close_range() cannot.
OSTLER_IN_CHILD void leave_one_by_one(child_plan* plan) {
  std::uint64_t limit[2] = {1024, 1024};
  call(SYS_prlimit64, 0, 7 /* RLIMIT_NOFILE, an enum to C++ */, 0L, static_cast<void const*>(limit));
  auto const listing = call(SYS_openat, AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (listing < 0) {
    for (std::uint64_t number = 3; number < limit[0]; ++number) call(SYS_fcntl, number, F_SETFD, FD_CLOEXEC);
    return;
  }
  alignas(8) char entries[2048];
  for (;;) {
    auto const got = call(SYS_getdents64, listing, static_cast<void const*>(entries), sizeof entries);
    must(plan, child_step::descriptors, got);
    if (got == 0) break;
    for (long at = 0; at < got;) {
      // struct linux_dirent64: inode 8, offset 8, length 2, type 1, name.
      auto const low = static_cast<unsigned char>(entries[at + 16]);
      auto const high = static_cast<unsigned char>(entries[at + 17]);
      long number = 0;
      bool digits = true;
      for (char const* c = entries + at + 19; *c != '\0'; ++c) {
        digits = digits && *c >= '0' && *c <= '9';
        number = number * 10 + (*c - '0');
      }
      if (digits && number > 2) call(SYS_fcntl, number, F_SETFD, FD_CLOEXEC);
      at += low + high * 256;
    }
  }
}

// Open until it has become the other program, and not a moment longer: among them is what locks the caller's
// directory, so that nobody can come after him while one is on its way that cannot be recognised yet.
OSTLER_IN_CHILD void leave_others(child_plan* plan) {
  constexpr unsigned at_exec = 4;  // CLOSE_RANGE_CLOEXEC, since 5.11
  if (call(SYS_close_range, 3U, ~0U, at_exec) < 0) leave_one_by_one(plan);
}

OSTLER_IN_CHILD void set_limits(child_plan* plan) {
  for (std::size_t i = 0; i < plan->limit_count; ++i) {
    auto const& limit = plan->limits[i];
    must(plan, child_step::limits,
         call(SYS_prlimit64, 0, limit.which, static_cast<void const*>(limit.values), 0L));
  }
}

OSTLER_IN_CHILD void set_oom_score(child_plan* plan) {
  if (plan->oom_score == nullptr) return;
  auto const file = call(SYS_openat, AT_FDCWD, "/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  must(plan, child_step::oom_score, file);
  must(plan, child_step::oom_score,
       call(SYS_write, file, static_cast<void const*>(plan->oom_score), plan->oom_score_size));
  call(SYS_close, file);
}

OSTLER_IN_CHILD void become_user(child_plan* plan) {
  if (!plan->set_user) return;
  must(plan, child_step::groups,
       call(SYS_setgroups, plan->group_count, static_cast<void const*>(plan->groups)));
  must(plan, child_step::group, call(SYS_setresgid, plan->group, plan->group, plan->group));
  must(plan, child_step::user, call(SYS_setresuid, plan->user, plan->user, plan->user));
}

OSTLER_IN_CHILD void default_signals(child_plan* plan) {
  // The kernel's sigaction, all zero: the default action, no flags, an empty mask. Its size differs between
  // processors and is never above this.
  alignas(8) constexpr static char action[64] = {};
  for (int number = 1; number <= 64; ++number)
    if ((plan->reset_signals >> static_cast<unsigned>(number - 1) & 1U) != 0 && number != SIGKILL &&
        number != SIGSTOP)
      must(plan, child_step::signals,
           call(SYS_rt_sigaction, number, static_cast<void const*>(action), 0L, 8UL));
  std::uint64_t const none = 0;
  must(plan, child_step::signals,
       call(SYS_rt_sigprocmask, SIG_SETMASK, static_cast<void const*>(&none), 0L, 8UL));
}

OSTLER_IN_CHILD void enter_session(child_plan* plan) {
  if (plan->own_session) must(plan, child_step::session, call(SYS_setsid));
  if (plan->own_group) must(plan, child_step::session, call(SYS_setpgid, 0, 0));
}

// The order matters: descriptors are used before they are moved or closed, and what only a privileged process
// may do comes before the user is changed.
void follow_plan(child_plan* plan);
OSTLER_IN_CHILD void follow_plan(child_plan* plan) {
  write_mark(plan);
  join_cgroups(plan);
  enter_session(plan);
  if (plan->directory_fd >= 0) must(plan, child_step::directory_fd, call(SYS_fchdir, plan->directory_fd));
  place_stdio(plan);
  if (plan->controlling_terminal) must(plan, child_step::terminal, call(SYS_ioctl, 0, TIOCSCTTY, 0));
  leave_others(plan);
  if (plan->set_umask) call(SYS_umask, plan->umask);
  set_oom_score(plan);
  set_limits(plan);
  become_user(plan);
  if (plan->no_new_privileges)
    must(plan, child_step::privileges, call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  if (plan->directory != nullptr)
    must(plan, child_step::directory, call(SYS_chdir, static_cast<void const*>(plan->directory)));
  default_signals(plan);
  auto const environment = static_cast<void const*>(plan->environment);
  auto failed = call(SYS_execve, static_cast<void const*>(plan->path), static_cast<void const*>(plan->argv),
                     environment);
  if (failed == -ENOEXEC)
    failed = call(SYS_execve, "/bin/sh", static_cast<void const*>(plan->shell_argv), environment);
  give_up(plan, child_step::execute, failed);
}

// As the kernel has it since 5.7; the header of an older one may know less of it.
struct clone_request {
  std::uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
      set_tid_size, cgroup;
};

}  // namespace

std::string_view text(child_step step) {
  switch (step) {
    case child_step::none: return "start";
    case child_step::mark: return "write its pid on record";
    case child_step::cgroup: return "join its cgroup";
    case child_step::session: return "begin its own session or group";
    case child_step::directory_fd: return "enter the directory it was given open";
    case child_step::stdio: return "place its input and output";
    case child_step::terminal: return "take its terminal";
    case child_step::descriptors: return "leave what is not its own";
    case child_step::oom_score: return "set its oom score";
    case child_step::limits: return "set its limits";
    case child_step::privileges: return "give up new privileges";
    case child_step::groups: return "set its supplementary groups";
    case child_step::group: return "become its group";
    case child_step::user: return "become its user";
    case child_step::directory: return "enter its directory";
    case child_step::signals: return "reset its signals";
    case child_step::execute: return "execute";
  }
  return "start";
}

OSTLER_IN_CHILD pid_t start_child(child_plan& plan) {
  // The child goes some hundred bytes deep, and 2 KiB more when it must read a list of descriptors.
  alignas(16) char stack[16 * 1024];
  auto const bottom = reinterpret_cast<std::uint64_t>(&stack[0]);
  constexpr std::uint64_t sharing = CLONE_VM | CLONE_VFORK;
  // A handler of ours must never run in the child: it would write to our memory.
  std::uint64_t const all = ~0ULL;
  std::uint64_t before = 0;
  call(SYS_rt_sigprocmask, SIG_SETMASK, static_cast<void const*>(&all), static_cast<void const*>(&before),
       8UL);

  auto const joined = plan.cgroup2_directory;
  constexpr std::uint64_t clear_handlers = 0x1'0000'0000;  // CLONE_CLEAR_SIGHAND, since 5.5
  clone_request request{};
  request.flags = sharing | clear_handlers;
  request.exit_signal = SIGCHLD;
  request.stack = bottom;
  request.stack_size = sizeof stack;
  if (joined >= 0) {
    request.flags |= CLONE_INTO_CGROUP;
    request.cgroup = static_cast<std::uint64_t>(joined);
    plan.cgroup2_directory = -1;
  }
  auto const clone3 = [&](std::size_t size) OSTLER_IN_CHILD {
    return call_clone(SYS_clone3, plain(&request), static_cast<long>(size), 0, follow_plan, &plan);
  };
  auto pid = clone3(sizeof request);
  // What a kernel or a filter may say that does not know it; the child then joins by itself.
  if (pid < 0 && joined >= 0 && pid != -EAGAIN && pid != -ENOMEM) {
    plan.cgroup2_directory = joined;
    request.flags &= ~static_cast<std::uint64_t>(CLONE_INTO_CGROUP);
    request.cgroup = 0;
    pid = clone3(CLONE_ARGS_SIZE_VER0);
  }
  if (pid == -ENOSYS || pid == -EPERM || pid == -EINVAL || pid == -E2BIG) {
    plan.reset_signals = ~0ULL;
    pid = call_clone(SYS_clone, static_cast<long>(sharing | SIGCHLD),
                     static_cast<long>(bottom + sizeof stack), 0, follow_plan, &plan);
  }
  call(SYS_rt_sigprocmask, SIG_SETMASK, static_cast<void const*>(&before), 0L, 8UL);
  return static_cast<pid_t>(pid);
}

}  // namespace ostler::keeper

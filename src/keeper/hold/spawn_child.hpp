// What a new process does before it becomes another program, while it shares our memory.
//
// It may neither allocate, nor lock, nor set errno, nor return: it follows a plan made before it was born, by
// plain system calls. It runs on a stack of its own, and the call that makes it is written by hand, so that
// the compiler never sees a function that returns twice.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <sys/types.h>

namespace ostler::keeper {

enum class child_step : std::uint8_t {
  none,
  mark,
  cgroup,
  session,
  directory_fd,
  stdio,
  terminal,
  descriptors,
  oom_score,
  limits,
  privileges,
  groups,
  group,
  user,
  directory,
  signals,
  execute
};
// "enter its directory"
std::string_view text(child_step step);

// As the kernel takes it.
struct child_limit {
  unsigned which;
  std::uint64_t values[2];
};

// Pointers into what the parent holds until the child has become another program.
struct child_plan {
  char const* path = nullptr;
  char const* const* argv = nullptr;
  // The same for /bin/sh, when `path` turns out to be a script that does not say who reads it.
  char const* const* shell_argv = nullptr;
  char const* const* environment = nullptr;

  int mark_file = -1;
  std::int64_t mark_offset = 0;
  // To be joined by the child; -1 when the kernel has put it there.
  int cgroup2_directory = -1;
  int const* cgroup1_procs = nullptr;
  std::size_t cgroup1_count = 0;
  bool own_session = false;
  bool own_group = false;
  bool controlling_terminal = false;
  int directory_fd = -1;
  char const* directory = nullptr;
  std::array<int, 3> stdio{0, 1, 2};
  bool set_umask = false;
  mode_t umask = 0;
  char const* oom_score = nullptr;
  std::size_t oom_score_size = 0;
  child_limit const* limits = nullptr;
  std::size_t limit_count = 0;
  bool no_new_privileges = false;
  bool set_user = false;
  uid_t user = 0;
  gid_t group = 0;
  gid_t const* groups = nullptr;
  std::size_t group_count = 0;

  // Those that are ignored, to be given their default action; bit 0 is signal 1. The kernel resets those that
  // have a handler, or all are reset where it cannot.
  std::uint64_t reset_signals = ~0ULL;

  // What the child tells.
  child_step failed = child_step::none;
  int failed_errno = 0;
};

// Comes back when the child has become the other program, or has ended. Its pid, or a negative errno.
pid_t start_child(child_plan& plan);

}  // namespace ostler::keeper

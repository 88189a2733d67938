// Starts a program.
//
// The child shares our memory until it has become the other program, so that the time does not depend on our
// size; all it needs is prepared before, and it makes nothing but plain system calls. What it could not do,
// it tells with the step and the errno: a program that could not be run was never started.
//
// The very first thing the child does is to write its pid where the caller keeps its record. There is no
// moment in which it lives and nobody who comes after us could know.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "base/result.hpp"

namespace ostler::keeper {

// Where a process is started, as containment.hpp gives it.
struct spawn_place {
  // Of cgroup v2, opened as a directory; -1 for none.
  int cgroup2_directory = -1;
  // Files cgroup.procs of cgroup v1, opened for writing.
  std::vector<int> cgroup1_procs;
  // "NAME=value"; comes first in the environment, so that it is found at once, and replaces what has that
  // name.
  std::string marker;
};

enum class spawn_session : std::uint8_t { same, own_group, own_session };

struct spawn_limit {
  // RLIMIT_…
  int which = 0;
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
};

// By number: whoever reads names of users does it before.
struct spawn_user {
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> groups;
};

// The child's pid, as 8 bytes in the machine's order, lands at `offset`.
struct spawn_mark {
  int file = -1;
  std::int64_t offset = 0;
};

struct spawn_request {
  // argv[0] without a slash is looked for in the PATH of `environment`.
  std::vector<std::string> argv;
  std::vector<std::string> environment;
  // First the descriptor, then the path from there; -1 and "" leave it as it is.
  int directory_fd = -1;
  std::string directory;
  // What becomes 0, 1 and 2. Nothing else is left open.
  int input = 0;
  int output = 1;
  int errors = 2;
  spawn_session session = spawn_session::own_session;
  // Makes `input` the terminal that controls the new session.
  bool controlling_terminal = false;
  std::optional<mode_t> umask;
  std::vector<spawn_limit> limits;
  std::optional<int> oom_score_adjust;
  std::optional<spawn_user> user;
  bool no_new_privileges = false;
  spawn_place place;
  spawn_mark mark;
};

// What we ignore, whoever we start would ignore too. It has to be reset signal by signal, and to ask for each
// of them takes as long as half a start, so it is asked once, at the first spawn(), and again after this was
// called: by whoever has just made us ignore a signal. Those that programs commonly ignore are reset whether
// it was called or not.
void signals_changed();

// A child of ours keeps its number until we have reaped it. Until then its start time or a pidfd can be had
// by it, even when it has ended; they are left to those who need them, because either takes a good part of
// the time of a start.
struct spawned_process {
  pid_t pid = 0;
};

// spawn_failed when it could not be run; nothing is left of it then. system_exhausted when no process could
// be made.
result<spawned_process> spawn(spawn_request const& request);

}  // namespace ostler::keeper

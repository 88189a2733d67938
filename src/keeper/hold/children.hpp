// The processes whose parent we are, by birth or because theirs has died, and how they end.
//
// Whoever expects a process is told its end while the pid still belongs to it: only after that it is reaped
// and the number may be given out again. So an end is on record before anything else can bear its pid.
#pragma once

#include <functional>
#include <sys/types.h>
#include <unordered_map>

#include "keeper/loop/loop.hpp"
#include "lifecycle/service/service.hpp"
#include "system/fd.hpp"

namespace ostler::keeper {

class children {
 public:
  using handler = std::function<void(lifecycle::exit_status)>;

  // Blocks SIGCHLD for good and becomes the parent of orphans. Throws when the system has no descriptor left.
  explicit children(loop& on);
  children(children const&) = delete;
  children& operator=(children const&) = delete;

  // Called once. The pid must be that of a child that was not reaped yet.
  void expect(pid_t pid, handler ended);
  void forget(pid_t pid) { expected_.erase(pid); }
  // An orphan nobody expected has ended.
  std::function<void()> orphan_ended;
  // All that have ended so far. Done by itself, except for those that ended before this was made.
  void reap();

 private:
  watch watch_;
  system::fd signals_;
  std::unordered_map<pid_t, handler> expected_;
};

}  // namespace ostler::keeper

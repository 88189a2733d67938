// How processes ended: children of ours, and those that somebody else started before us.
//
// A child that has ended keeps its number until it is reaped. So it is looked at first and reaped by a second
// call: between the two its end is put on record, and no number is free for another process before that.
//
// Who is not our child is told by a pidfd. It becomes readable at the end; kernels since 6.15 keep the exit
// status in it from the moment its parent has reaped the process, and tell it to whoever opened the pidfd
// before. Then it shows EPOLLHUP too. Older kernels tell nobody but the parent: unknown.
#pragma once

#include <optional>
#include <sys/types.h>

#include "base/result.hpp"
#include "lifecycle/service/service.hpp"

namespace ostler::keeper {

struct ended_child {
  pid_t pid = 0;
  lifecycle::exit_status status;

  bool operator==(ended_child const&) const = default;
};

// One of our children that has ended and is not reaped yet: the same one until it is. Never waits.
result<std::optional<ended_child>> look_for_ended_child();
// Its number is free from here on. No error when it was reaped already.
result<void> reap(pid_t pid);

// Nothing when it goes on, is not reaped yet, or the kernel does not tell.
std::optional<lifecycle::exit_status> exit_of(int pidfd);

// As waitpid() has it.
lifecycle::exit_status exit_status_of(int wait_status);

}  // namespace ostler::keeper

// The least that can hold processes for others: a process with an epoll loop, a pidfd for each child, and a
// socket of packets over which it is ordered and tells. No records, no logs, no cgroups: what a supervisor
// costs is measured against it.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

#include "system/fd.hpp"

namespace ostler::bench {

struct bare_message {
  enum class kind : std::uint32_t { start, start_and_keep_up, started, ended };
  kind what = kind::start;
  pid_t pid = 0;
  int status = 0;
};

class bare_spawner {
 public:
  // Every child is this command.
  explicit bare_spawner(std::vector<std::string> command);
  bare_spawner(bare_spawner const&) = delete;
  bare_spawner& operator=(bare_spawner const&) = delete;
  // It ends by itself when its socket does; its children are the caller's to end.
  ~bare_spawner();

  void order(bare_message::kind what) const;
  // Waits for the next message of this kind; others are dropped.
  bare_message await(bare_message::kind what) const;

 private:
  system::fd socket_;
  pid_t pid_ = 0;
};

}  // namespace ostler::bench

// What sessions are handed by the keeper.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "keeper/hold/children.hpp"
#include "keeper/hold/containment.hpp"
#include "keeper/hold/spawn.hpp"
#include "keeper/logs/lent_memory.hpp"
#include "keeper/loop/loop.hpp"
#include "wire/keeper_link.hpp"

namespace ostler::keeper {

// As whom a command runs.
struct session_user {
  spawn_user ids;
  std::string name;
  std::string home;
  std::string shell;
};

// All of it outlives the sessions.
struct session_needs {
  loop& on;
  children& born;
  containment& hold;
  lent_memory& buffer;
  // Writes an event on record; only then it may be told.
  std::function<std::uint64_t(wire::keeper_event)> append;
  std::function<void()> tell;
  std::function<result<session_user>(std::string const& user)> resolve_user;
  // The whole environment of a command with these variables of its own; null for the keeper's own user. With
  // the name of a service, or an empty one.
  std::function<result<std::vector<std::string>>(std::vector<std::string> const& own,
                                                 session_user const* user, std::string const& service)>
      environment;
  // Where that service runs, below the workspace.
  std::function<std::string(std::string const& service)> workdir_of;
  // Of each process, as for limit_open_files().
  std::function<std::int64_t()> open_files;
  // What they get instead of the keeper's own.
  std::optional<int> oom_score_adjust;
  // Where commands start; absolute.
  std::string workspace;
  // Of all tokens of this keeper's sessions. The same for whoever comes after it on the same directory, and
  // nobody else's.
  std::string token_prefix;
  // The directory of the logs of sessions; made when it is not there.
  std::string logs;
  std::uint64_t log_cap = std::uint64_t{16} << 20;
  milliseconds kill_grace{2s};
  // What has ended may be looked at for so long, and so many of them.
  milliseconds kept_for{std::chrono::minutes(10)};
  std::size_t ended_max = 32;
  std::size_t running_max = 256;
};

}  // namespace ostler::keeper

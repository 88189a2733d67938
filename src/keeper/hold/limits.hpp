// How much a run may use, by what it is enforced, and how much it does use.
//
// Each limit by the best there is: the controller of cgroup v2 in the run's own cgroup, that of v1 in a
// cgroup made for it, a limit that each process bears for itself, or nothing. Which one it came to is always
// told: a limit that is not enforced must not look as if it were.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "keeper/hold/spawn.hpp"
#include "system/cgroups.hpp"

namespace ostler::keeper {

// What is absent is unlimited.
struct run_limits {
  std::optional<std::uint64_t> memory_bytes;
  // 0.5 is half of one.
  std::optional<double> cpu_cores;
  std::optional<std::uint64_t> pids;
};

//   rlimit  each process for itself (memory), or all of its user together and not root (pids); new processes
//   only
enum class enforcement : std::uint8_t { not_asked, cgroup2, cgroup1, rlimit, none };
// "cgroup2", "not enforced"…
std::string_view text(enforcement by);

struct limit_report {
  enforcement memory = enforcement::not_asked;
  enforcement cpu = enforcement::not_asked;
  enforcement pids = enforcement::not_asked;

  bool operator==(limit_report const&) const = default;
};

// What is absent is not known.
struct run_usage {
  std::optional<std::uint64_t> memory_bytes;
  std::optional<std::uint64_t> memory_peak_bytes;
  std::optional<nanoseconds> cpu;
  std::optional<std::uint64_t> pids;
};

class limit_keeper {
 public:
  // `run` names the directories to be made in hierarchies of v1, as "ostler-web/run-3".
  explicit limit_keeper(std::string run) : run_(std::move(run)) {}

  // The run's own cgroup of v2; those above it, up to `top`, may have to be told to pass a controller on.
  void use_cgroup2(std::string const& leaf, std::string const& top);
  // The directories of v1 that a former keeper made; `members` tell where, when that was not below our own.
  void find_cgroup1(std::vector<pid_t> const& members);

  // `members` are moved to where a new limit holds.
  result<limit_report> apply(run_limits const& wanted, std::vector<pid_t> const& members);
  limit_report const& report() const { return report_; }
  std::vector<spawn_limit> const& process_limits() const { return process_limits_; }
  // To be written to by a child that starts.
  std::vector<int> joined() const;
  run_usage usage() const;
  std::uint64_t oom_kills() const;
  result<void> remove();

 private:
  struct controller {
    std::string name;
    system::cgroup_directory directory;
    system::fd procs;
  };
  controller const* cgroup1(std::string_view name) const;
  bool add_cgroup1(std::string_view name, result<system::cgroup_directory> directory);
  bool make_cgroup1(std::string_view name, std::vector<pid_t> const& members);
  bool enable_cgroup2(std::string_view name);
  result<enforcement> apply_one(std::string_view name, bool asked, enforcement before,
                                run_limits const& wanted, std::vector<pid_t> const& members);

  std::string run_;
  std::optional<system::cgroup_directory> leaf_;
  std::string top_;
  std::vector<controller> cgroup1_;
  limit_report report_;
  std::vector<spawn_limit> process_limits_;
};

}  // namespace ostler::keeper

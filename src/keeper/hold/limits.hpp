// How much a run may use, by what it is enforced, and how much it does use.
//
// Each limit by the best there is: the controller of cgroup v2 in the run's own cgroup, that of v1 in a
// cgroup made for it, a limit that each process bears for itself, or nothing. Which one it came to is always
// told: a limit that is not enforced must not look as if it were.
#pragma once

#include <array>
#include <cstddef>
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

  bool operator==(run_limits const&) const = default;
};

// Of each process for itself, always; 0 is no limit.
void limit_open_files(std::vector<spawn_limit>& into, std::int64_t most);

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

// In hierarchies of version 1, for each controller that can be used the directory of all runs.
struct limit_place {
  std::string controller;
  std::string directory;
};
using limit_places = std::vector<limit_place>;

inline constexpr std::array<std::string_view, 3> limit_controllers{"memory", "cpu", "pids"};

enforcement& enforcement_of(limit_report& report, std::string_view controller);
enforcement enforcement_of(limit_report const& report, std::string_view controller);
bool is_asked(run_limits const& wanted, std::string_view controller);

struct limit_outcome {
  enforcement by = enforcement::not_asked;
  // Why it is not by a cgroup.
  std::string why;
};

class limit_keeper {
 public:
  // `folder` names the run's directories in the places of v1; empty for those of all runs themselves.
  limit_keeper(limit_places places, std::string folder)
      : places_(std::move(places)), folder_(std::move(folder)) {}

  // The cgroup of v2 to be limited; those `above` it, the topmost first, may have to be told to pass a
  // controller on.
  void use_cgroup2(std::string const& leaf, std::vector<std::string> above);
  // What a former keeper may have set, to be set anew or lifted.
  void find_former();

  // One of limit_controllers. Who has to be where the limit holds is for gather().
  result<limit_outcome> apply_one(std::string_view controller, run_limits const& wanted);
  result<limit_report> apply(run_limits const& wanted);
  // Below where all runs together are limited, limited itself or not.
  result<void> join(limit_report const& all);
  // Moves those who are not where the limits hold. Gives how many there were: whoever forks meanwhile may
  // have left others behind.
  std::size_t gather(std::vector<pid_t> const& members) const;
  limit_report const& report() const { return report_; }
  // Nobody has taken the directories away.
  bool is_there() const;
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
  std::string cgroup1_path(limit_place const& place) const;
  result<void> add_cgroup1(std::string_view name, result<system::cgroup_directory> directory);
  result<void> make_cgroup1(std::string_view name);
  bool enable_cgroup2(std::string_view name);

  limit_places places_;
  std::string folder_;
  std::optional<system::cgroup_directory> leaf_;
  std::vector<std::string> above_;
  std::vector<controller> cgroup1_;
  limit_report report_;
  std::vector<spawn_limit> process_limits_;
};

}  // namespace ostler::keeper

// The three kinds of run_group. For containment.cpp and for tests; others know run_group only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/instant.hpp"
#include "keeper/hold/containment.hpp"
#include "system/cgroups.hpp"
#include "system/clock.hpp"

namespace ostler::keeper {

// For how long one call may hold the thread.
class short_while {
 public:
  // Lets others run for a millisecond; false when the time is over.
  bool wait() const;

 private:
  static constexpr milliseconds length{80};
  instant end_ = system::now() + length;
};

// Those of `pids` that live, without us.
std::vector<system::process_stat> living(std::vector<pid_t> const& pids);

class cgroup2_group final : public run_group {
 public:
  // Kernels before 5.14 have no file to kill a cgroup by.
  enum class kill_by : std::uint8_t { file, signals };
  cgroup2_group(std::string token, limit_keeper limits, system::cgroup_directory directory,
                std::string cgroup_path, kill_by how);
  bool contains(pid_t pid) const override;
  int emptiness_event() const override { return events_.get(); }

 protected:
  result<std::vector<system::process_stat>> look() override;
  result<kill_outcome> kill_group() override;
  result<void> remove_group() override { return directory_.remove(); }
  void add_place(spawn_place& place) const override { place.cgroup2_directory = directory_.get(); }

 private:
  bool says_it_is_empty() const;

  system::cgroup_directory directory_;
  std::string cgroup_path_;
  system::fd events_;
  kill_by how_;
};

class cgroup1_group final : public run_group {
 public:
  cgroup1_group(std::string token, limit_keeper limits, system::cgroup_directory directory,
                std::string cgroup_path, system::fd procs);
  bool contains(pid_t pid) const override;

 protected:
  result<std::vector<system::process_stat>> look() override;
  result<kill_outcome> kill_group() override;
  result<void> remove_group() override { return directory_.remove(); }
  void add_place(spawn_place& place) const override { place.cgroup1_procs.push_back(procs_.get()); }

 private:
  system::cgroup_directory directory_;
  std::string cgroup_path_;
  system::fd procs_;
};

class scan_group final : public run_group {
 public:
  scan_group(std::string token, limit_keeper limits);
  bool contains(pid_t pid) const override;

 protected:
  result<std::vector<system::process_stat>> look() override;
  result<kill_outcome> kill_group() override;
  result<void> remove_group() override { return {}; }
  void begins() override;

 private:
  // A member, or the number of a session or group that a member led.
  struct known {
    pid_t number;
    std::uint64_t start_ticks;
    bool operator==(known const&) const = default;
  };
  bool is_known(system::process_stat const& seen) const;
  bool belongs(system::process_stat const& seen, std::vector<pid_t> const& members) const;
  void remember(std::vector<system::process_stat> const& all,
                std::vector<system::process_stat> const& members);

  // Whoever was started earlier is none of it.
  std::uint64_t birth_ = 0;
  std::vector<known> members_;
  // Outlive those who led them, for as long as anybody is in them.
  std::vector<known> led_;
};

}  // namespace ostler::keeper

// Keeps all processes of one run together, so that none is left when it ends.
//
//   cgroup2  a cgroup of its own; the kernel kills it whole. Nobody leaves it by forking.
//   cgroup1  the same in the freezer hierarchy: frozen, killed, thawed, and again until it is empty.
//   scan     no cgroup may be made: whoever bears the run's token in its environment, descends from such a
//   process,
//            or is in a session or group that one of them leads. Weaker: one that forgets its environment,
//            leaves its session and loses its parent between two looks is not found. Look often while a run
//            lives.
//
// In every kind a process that left its cgroup as root still bears the token, and is found by a thorough
// look. No call holds the keeper's thread for much longer than 100 ms: what is left is told, and the call is
// made again.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "base/result.hpp"
#include "keeper/hold/limits.hpp"
#include "keeper/hold/shared_limits.hpp"
#include "keeper/hold/spawn.hpp"
#include "system/process.hpp"

namespace ostler::keeper {

// The variable that carries the token of a run.
inline constexpr std::string_view run_variable = "OSTLER_RUN";

enum class containment_kind : std::uint8_t { cgroup2, cgroup1, scan };
std::string_view text(containment_kind kind);
std::optional<containment_kind> containment_kind_named(std::string_view word);

//   group     those the kind knows by itself
//   thorough  also whoever bears the token anywhere on the machine; reads every environment
enum class reach : std::uint8_t { group, thorough };
enum class kill_outcome : std::uint8_t { emptied, some_left };

// All processes of one run. Those that have ended are never counted, reaped or not; nor are we ourselves.
class run_group {
 public:
  virtual ~run_group();
  run_group(run_group const&) = delete;
  run_group& operator=(run_group const&) = delete;

  // For spawn(); holds while this group does. The limits that only a process can bear itself come with it.
  spawn_place place() const;
  std::vector<spawn_limit> const& process_limits() const { return limits_.process_limits(); }

  result<std::vector<pid_t>> members(reach how = reach::group);
  // To each member once; who forks meanwhile may be missed.
  result<void> signal(int number);
  // SIGKILL to all, so that nobody can fork away from it. Deaths take a moment: some_left is no failure.
  result<kill_outcome> kill(reach how = reach::group);
  // Does this process belong to the run? For scan only as far as was seen before.
  virtual bool contains(pid_t pid) const;
  // Of a kind that can tell, a descriptor with EPOLLPRI when the last member ended or the first came; else
  // -1.
  virtual int emptiness_event() const { return -1; }
  // Its traces in the system. Fails while there are members.
  result<void> remove();

  // Also while it runs. For each of them, by what it is enforced.
  result<limit_report> limit(run_limits const& wanted);
  limit_report const& limited() const { return limits_.report(); }
  run_usage usage();
  // How often the kernel ended a member for want of memory.
  std::uint64_t oom_kills() const { return limits_.oom_kills(); }

 protected:
  run_group(std::string token, limit_keeper limits);
  bool bears_token(pid_t pid) const;
  std::string const& token() const { return token_; }
  result<void> signal_all(std::vector<system::process_stat> const& whom, int number) const;
  // Alive, each with its start time.
  virtual result<std::vector<system::process_stat>> look() = 0;
  virtual result<kill_outcome> kill_group() = 0;
  virtual result<void> remove_group() = 0;
  virtual void add_place(spawn_place&) const {}
  // Nobody is of it yet, and whoever was started before now never will be.
  virtual void begins() {}

 private:
  friend class containment;
  // Whether it is below where all runs are limited, from now on.
  result<void> share(shared_limits const& all);
  // Its own limits, anew.
  result<limit_report> hold_limits();
  result<void> gather();
  result<std::vector<system::process_stat>> look_thoroughly();
  std::string token_;
  limit_keeper limits_;
  run_limits wanted_;
  // Of version 1 the kernel refuses a run more processors than all runs have.
  std::optional<double> cpu_cores_most_;
  std::vector<run_group*>* live_ = nullptr;
};

struct containment_options {
  // Names the directory below which all runs of this keeper are; a DNS label.
  std::string instance;
  std::optional<containment_kind> forced;
  // As where() told a former keeper: it may have been in another cgroup than we are. Empty: below our own.
  std::string directory;
  // As for escape_options.
  int home = -1;
};

// Below the keeper's own directory of cgroup v2, the one that holds all runs and bears the limits of the
// whole. The keeper is beside it: what they use up is not its own.
inline constexpr std::string_view runs_folder = "runs";

// Outlives its run groups.
class containment {
 public:
  static result<containment> open(containment_options options);

  containment_kind kind() const { return kind_; }
  // For status: which, where, and why none that is better.
  std::string const& explanation() const { return explanation_; }
  // The directory to be recorded for a later keeper; empty for scan.
  std::string const& where() const { return directory_; }

  // `run` names the run within the instance and is never used for another one that lives.
  // foreign_resource when there are processes in its place already.
  result<std::unique_ptr<run_group>> prepare(std::string_view run, std::string token,
                                             run_limits const& limits = {});
  // Of a run that a former keeper started.
  result<std::unique_ptr<run_group>> find(std::string_view run, std::string token);

  // Of all runs together, those there are and those to come. What a former keeper set is set anew.
  void limit_all(run_limits const& wanted);
  // When it may come to more than before.
  void limit_all_again();
  std::vector<shared_limit> limits_of_all() const { return shared_->told(); }
  run_usage usage_of_all() const { return shared_->usage(); }

  // What is left in the system of the instance, when no run is.
  result<void> remove() const;

 private:
  explicit containment(limit_places places);
  void bring_below();
  result<void> try_kind(containment_kind kind, containment_options const& options);
  result<std::unique_ptr<run_group>> make_group(std::string_view run, std::string token);

  containment_kind kind_ = containment_kind::scan;
  std::string instance_;
  std::string directory_;
  std::string explanation_;
  limit_places places_;
  // Where they are does not change when we are moved: the groups know the list of those that live.
  std::unique_ptr<shared_limits> shared_;
  std::unique_ptr<std::vector<run_group*>> live_;
};

}  // namespace ostler::keeper

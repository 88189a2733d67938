// How much all runs of one keeper may use together.
//
// By cgroups or not at all. What each process bears for itself is no limit of all, and in place of one it
// would do harm: of memory it counts addresses, which many programs take far more of than they ever use, and
// of processes all those of the user on the machine. So a limit that no cgroup can hold is called not
// enforced, with the reason, and the runs keep the limits that are their own.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "keeper/hold/limits.hpp"

namespace ostler::keeper {

// One limit that was asked for.
struct shared_limit {
  std::string_view controller;
  enforcement by = enforcement::none;
  // "1 GiB", "0.5 processors", "100 processes".
  std::string amount;
  // Why it is not enforced.
  std::string why;

  bool operator==(shared_limit const&) const = default;
};

class shared_limits {
 public:
  explicit shared_limits(limit_places places);

  // As for limit_keeper.
  void use_cgroup2(std::string directory, std::vector<std::string> above);

  void apply(run_limits const& wanted);
  // It may come to more than before: directories were taken away, or the kernel refused a limit that was less
  // than what was in use.
  bool should_be_tried_again() const;
  // Not all runs are where it holds.
  void weaken(std::string const& why);

  run_limits const& wanted() const { return wanted_; }
  // Where runs have to be. A limit that could not be lowered holds as high as it was.
  limit_report const& where() const { return held_.report(); }
  std::vector<shared_limit> told() const;
  run_usage usage() const { return held_.usage(); }
  // The directories of version 1, when nobody is in them.
  result<void> remove() const;

 private:
  struct state {
    enforcement by = enforcement::not_asked;
    std::string why;
    bool may_pass = false;
  };
  state try_one(std::string_view controller);

  limit_places places_;
  std::string directory_;
  std::vector<std::string> above_;
  limit_keeper held_;
  run_limits wanted_;
  std::array<state, limit_controllers.size()> states_;
};

}  // namespace ostler::keeper

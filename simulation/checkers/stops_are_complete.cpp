// A service that was told to stop has nothing left once its grace and the time to kill are over.
#include <fmt/format.h>
#include <map>

#include "simulation/checkers/checkers.hpp"

namespace ostler::simulation {
namespace {

class checker final : public observer {
 public:
  std::string_view promise() const override { return "a stop is complete"; }

  void run_begins(view const&) override { told_.clear(); }
  void mischief(view const& at, std::string_view kind, instance_id) override {
    if (kind.find("sleeps") == std::string_view::npos) return;
    for (auto& [service, when] : told_) when = at.now;
  }
  // Without its keeper nobody stops it; the next keeper is told anew.
  void thing_gone(view const&, thing const& gone, removal) override {
    if (gone.is_keeper())
      std::erase_if(told_, [&](auto const& one) { return one.first.first == gone.owner; });
  }

  void service_wanted(view const& at, instance_id who, std::string const& service, bool up) override {
    if (up)
      told_.erase({who, service});
    else
      told_.emplace(std::pair(who, service), at.now);
  }

  void second_passed(view const& at) override {
    auto const& rules = at.plan.numbers;
    auto const allowed = rules.stop_grace + rules.tree_check_cap + 5s;
    for (auto const& [pid, one] : at.real.processes) {
      auto const told = told_.find({one.owner, one.service});
      if (told != told_.end() && at.now - told->second > allowed)
        broken(at, fmt::format("process {} of {} is there {} after the stop", pid, one.service,
                               format_duration(allowed)));
    }
  }

 private:
  std::map<std::pair<instance_id, std::string>, instant> told_;
};

}  // namespace

std::unique_ptr<observer> stops_are_complete() { return std::make_unique<checker>(); }

}  // namespace ostler::simulation

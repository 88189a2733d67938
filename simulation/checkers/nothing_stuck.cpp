// No transition lasts longer than all its limits together, and every one comes to an end.
#include <fmt/format.h>
#include <map>

#include "simulation/checkers/checkers.hpp"

namespace ostler::simulation {
namespace {

using namespace lifecycle;

class checker final : public observer {
 public:
  std::string_view promise() const override { return "no transition is stuck"; }

  void run_begins(view const&) override {
    since_.clear();
    starting_.clear();
  }
  void daemon_ended(view const&) override {
    since_.clear();
    starting_.clear();
  }
  void mischief(view const&, std::string_view kind, instance_id) override {
    // After a sleep every limit runs anew.
    if (kind.find("sleeps") != std::string_view::npos) {
      since_.clear();
      starting_.clear();
    }
  }

  void second_passed(view const& at) override {
    if (at.fleet == nullptr) return;
    std::map<instance_id, seen> now_seen;
    at.fleet->each([&](instance const& it) {
      look_at_services(at, it);
      if (!is_transitional(state_of(it.now)) || it.now == phase::waiting_for_turn) return;
      auto const before = since_.find(it.id);
      bool const same = before != since_.end() && before->second.where == it.now &&
                        before->second.operations == it.operations;
      auto const since = same ? before->second.since : at.now;
      now_seen[it.id] = {it.now, it.operations, since};
      auto const limit = longest(at.plan.numbers, it);
      if (at.now - since > limit)
        broken(at, fmt::format("{} has been in {} for more than {}", it.spec.name, name(it.now),
                               format_duration(limit)));
    });
    since_ = std::move(now_seen);
  }

  void went_quiet(view const& at) override {
    if (at.fleet == nullptr) return broken(at, "the daemon is down, and nothing brings it back");
    at.fleet->each([&](instance const& it) {
      if (is_transitional(state_of(it.now)))
        broken(at, fmt::format("{} is still in {} long after everything calmed down", it.spec.name,
                               name(it.now)));
    });
  }

 private:
  struct seen {
    phase where;
    operation_number operations;
    instant since;
  };

  // One operation with its limit, its settling and its longest wait, twice over for good measure.
  static milliseconds longest(numbers const& rules, instance const& it) {
    milliseconds limit = rules.prepare_limit;
    limit = std::max(limit, rules.registered_limit * (rules.reconnect_attempts + 1) +
                                rules.reconnect_cap * rules.reconnect_attempts);
    limit =
        std::max(limit, rules.service_start_limit * static_cast<std::int64_t>(it.spec.services.size() + 1));
    limit = std::max({limit, rules.remove_limit, rules.hook_limit});
    return (limit + rules.settle_limit + rules.inspect_retry_cap) * 2;
  }

  void look_at_services(view const& at, instance const& it) {
    for (auto const& service : it.services) {
      auto const key = std::pair(it.id, service.name);
      if (service.state != "starting" || it.link != link_view::registered) {
        starting_.erase(key);
        continue;
      }
      auto const since = starting_.emplace(key, at.now).first->second;
      auto const& rules = at.plan.numbers;
      // All starts of one intensity window with their waits, and the same for what it needs.
      auto const limit =
          (rules.service_start_limit + rules.restart_backoff_cap * 2) * (rules.restart_intensity_max + 2) * 2;
      if (at.now - since > limit)
        broken(at, fmt::format("{} of {} has been starting for more than {}", service.name, it.spec.name,
                               format_duration(limit)));
    }
  }

  std::map<instance_id, seen> since_;
  std::map<std::pair<instance_id, std::string>, instant> starting_;
};

}  // namespace

std::unique_ptr<observer> nothing_stuck() { return std::make_unique<checker>(); }

}  // namespace ostler::simulation

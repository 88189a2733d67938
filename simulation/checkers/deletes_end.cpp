// Every delete that was accepted ends: in deleted, or in delete-failed with the residue named, and then in
// deleted once what kept it is over.
#include <fmt/format.h>
#include <map>

#include "simulation/checkers/checkers.hpp"

namespace ostler::simulation {
namespace {

using namespace lifecycle;

class checker final : public observer {
 public:
  std::string_view promise() const override { return "every delete ends"; }

  void run_begins(view const&) override { waiting_.clear(); }
  // The clock of each starts again with the daemon, and after a sleep.
  void daemon_ended(view const&) override { waiting_.clear(); }
  void mischief(view const&, std::string_view kind, instance_id) override {
    if (kind.find("sleeps") != std::string_view::npos) waiting_.clear();
  }

  void second_passed(view const& at) override {
    if (at.fleet == nullptr) return;
    std::map<instance_id, instant> still;
    at.fleet->each([&](instance const& it) {
      if (it.wanted != goal::deleted || it.now == phase::delete_failed) return;
      auto const before = waiting_.find(it.id);
      auto const since = before == waiting_.end() ? at.now : before->second;
      still.emplace(it.id, since);
      auto const limit = longest(at.plan.numbers, it);
      if (at.now - since > limit)
        broken(at, fmt::format("the delete of {} has lasted more than {}, in {}", it.spec.name,
                               format_duration(limit), name(it.now)));
    });
    waiting_ = std::move(still);
  }

  void all_deleted(view const& at) override {
    if (at.fleet == nullptr) return;
    at.fleet->each([&](instance const& it) {
      broken(at, fmt::format("{} was asked to go and is in {}: {}", it.spec.name, name(it.now), it.trouble));
    });
  }

 private:
  // What was under way, the polite part, then each resource in every round of removal.
  static milliseconds longest(numbers const& rules, instance const& it) {
    auto const rounds = rules.start_retries + 1;
    auto const each = rules.remove_limit + rules.settle_limit * 2;
    return rules.prepare_limit + rules.cleanup_limit * 3 +
           each * static_cast<std::int64_t>(it.wishes.size() + 2) * rounds + std::chrono::minutes(1);
  }

  std::map<instance_id, instant> waiting_;
};

}  // namespace

std::unique_ptr<observer> deletes_end() { return std::make_unique<checker>(); }

}  // namespace ostler::simulation

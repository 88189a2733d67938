// The polite part of a way down, hooks and services and the link, has one limit; after it the rest is forced.
#include <fmt/format.h>
#include <map>

#include "simulation/checkers/checkers.hpp"

namespace ostler::simulation {
namespace {

using namespace lifecycle;

class checker final : public observer {
 public:
  std::string_view promise() const override { return "a clean-up is forced in time"; }

  void run_begins(view const&) override { since_.clear(); }
  void daemon_ended(view const&) override { since_.clear(); }
  void mischief(view const&, std::string_view kind, instance_id) override {
    if (kind.find("sleeps") != std::string_view::npos) since_.clear();
  }
  void decided(view const&, request const& asked, fleet_step const&) override { since_.erase(asked.who); }

  void second_passed(view const& at) override {
    if (at.fleet == nullptr) return;
    std::map<instance_id, instant> still;
    at.fleet->each([&](instance const& it) {
      bool const polite = it.now == phase::before_close || it.now == phase::stopping_services ||
                          it.now == phase::disconnecting;
      if (!polite) return;
      auto const before = since_.find(it.id);
      auto const since = before == since_.end() ? at.now : before->second;
      still.emplace(it.id, since);
      if (at.now - since > at.plan.numbers.cleanup_limit * 2)
        broken(at, fmt::format("{} is still polite in {} after twice the clean-up limit", it.spec.name,
                               name(it.now)));
    });
    since_ = std::move(still);
  }

 private:
  std::map<instance_id, instant> since_;
};

}  // namespace

std::unique_ptr<observer> politeness_ends() { return std::make_unique<checker>(); }

}  // namespace ostler::simulation

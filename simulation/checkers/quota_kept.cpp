// No provider ever has more of a kind than its limit allows.
#include <fmt/format.h>
#include <map>

#include "simulation/checkers/checkers.hpp"

namespace ostler::simulation {
namespace {

class checker final : public observer {
 public:
  std::string_view promise() const override { return "limits are kept"; }

  void thing_made(view const& at, thing const& made) override {
    if (at.plan.work.quota == 0 || made.kind != "container" || at.fleet == nullptr) return;
    std::map<std::string, int> of_provider;
    for (auto const& [name, one] : at.real.things) {
      auto const* it = at.fleet->find(one.owner);
      if (one.kind == "container" && it != nullptr) ++of_provider[it->spec.provider];
    }
    for (auto const& [provider, count] : of_provider)
      if (count > at.plan.work.quota)
        broken(at, fmt::format("{} has {} containers; allowed: {}", provider, count, at.plan.work.quota));
  }
};

}  // namespace

std::unique_ptr<observer> quota_kept() { return std::make_unique<checker>(); }

}  // namespace ostler::simulation

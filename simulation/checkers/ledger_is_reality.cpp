// Once it is quiet, the durable ledger and the world name the same things. Only what was taken from us behind
// our back, and not looked at since, may stand in the ledger alone.
#include <fmt/format.h>
#include <set>

#include "simulation/checkers/checkers.hpp"

namespace ostler::simulation {
namespace {

class checker final : public observer {
 public:
  std::string_view promise() const override { return "the ledger is what exists"; }

  void run_begins(view const&) override { taken_.clear(); }

  void thing_gone(view const&, thing const& gone, removal how) override {
    if (how == removal::behind_our_back) taken_.insert(gone.name);
  }

  void went_quiet(view const& at) override {
    for (auto const& [name, one] : at.real.things)
      if (!at.ledger.contains(name))
        broken(at, fmt::format("{} exists and the ledger does not know it", name));
    for (auto const& [name, held] : at.ledger)
      if (held && at.real.find(name) == nullptr && !taken_.contains(name))
        broken(at, fmt::format("the ledger holds {}, which does not exist", name));
    if (at.fleet == nullptr) return;
    std::size_t entries = 0;
    at.fleet->each([&](lifecycle::instance const& it) {
      entries += it.resources.size();
      for (auto const& entry : it.resources) {
        auto const found = at.ledger.find(entry.name);
        if (found == at.ledger.end() || found->second != entry.held)
          broken(at, fmt::format("the fleet and the durable ledger differ on {}", entry.name));
      }
    });
    if (entries != at.ledger.size())
      broken(at, fmt::format("the ledger has {} entries, the fleet {}", at.ledger.size(), entries));
  }

 private:
  std::set<std::string> taken_;
};

}  // namespace

std::unique_ptr<observer> ledger_is_reality() { return std::make_unique<checker>(); }

}  // namespace ostler::simulation

// Whatever comes into being because of us was written down before, and is gone after the delete.
#include <fmt/format.h>

#include "simulation/checkers/checkers.hpp"

namespace ostler::simulation {
namespace {

class checker final : public observer {
 public:
  std::string_view promise() const override { return "nothing is leaked"; }

  void thing_made(view const& at, thing const& made) override {
    if (!at.ledger.contains(made.name))
      broken(at, fmt::format("{} was made and is not in the durable ledger", made.name));
  }

  void kept(view const& at, lifecycle::fleet_step const& step) override {
    for (auto const& event : step.events) {
      if (event.type != "instance.deleted") continue;
      for (auto const& [name, one] : at.real.things)
        if (one.owner == event.instance)
          broken(at, fmt::format("{} is deleted and {} exists", event.instance.text(), name));
      for (auto const& [pid, one] : at.real.processes)
        if (one.owner == event.instance)
          broken(at, fmt::format("{} is deleted and process {} of {} is there", event.instance.text(), pid,
                                 one.service));
    }
  }

  void all_deleted(view const& at) override {
    for (auto const& [name, one] : at.real.things)
      broken(at, fmt::format("{} is left after everything was deleted", name));
    for (auto const& [pid, one] : at.real.processes)
      broken(at, fmt::format("process {} of {} is left after everything was deleted", pid, one.service));
    for (auto const& [name, held] : at.ledger)
      broken(at, fmt::format("the ledger still has {} after everything was deleted", name));
  }
};

}  // namespace

std::unique_ptr<observer> nothing_leaked() { return std::make_unique<checker>(); }

}  // namespace ostler::simulation

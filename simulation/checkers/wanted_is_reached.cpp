// Once it is quiet, everything is where it is wanted, or failed with a reason.
#include <fmt/format.h>

#include "simulation/checkers/checkers.hpp"

namespace ostler::simulation {
namespace {

using namespace lifecycle;

class checker final : public observer {
 public:
  std::string_view promise() const override { return "what is wanted is reached, or the reason is told"; }

  void went_quiet(view const& at) override {
    if (at.fleet == nullptr) return;
    at.fleet->each([&](instance const& it) {
      auto const state = state_of(it.now);
      bool const told = state == instance_state::failed && !message_of(it).empty();
      bool reached = false;
      if (it.wanted == goal::running) reached = state == instance_state::running;
      if (it.wanted == goal::stopped)
        reached = state == instance_state::stopped || state == instance_state::defined;
      if (!reached && !told)
        broken(at, fmt::format("{} is wanted {} and is {}: {}", it.spec.name, name(it.wanted), name(it.now),
                               message_of(it)));
    });
  }
};

}  // namespace

std::unique_ptr<observer> wanted_is_reached() { return std::make_unique<checker>(); }

}  // namespace ostler::simulation

// Every committed change is told once, numbered without a gap over all crashes, and only along the edges that
// the law of the states has; whatever stops, fails or goes says why.
#include <array>
#include <fmt/format.h>
#include <map>

#include "simulation/checkers/checkers.hpp"

namespace ostler::simulation {
namespace {

using namespace lifecycle;

struct edge {
  instance_state from;
  instance_state to;
};

constexpr std::array law{
    edge{instance_state::defined, instance_state::starting},
    edge{instance_state::defined, instance_state::failed},
    edge{instance_state::defined, instance_state::deleted},
    edge{instance_state::starting, instance_state::running},
    edge{instance_state::starting, instance_state::stopping},
    edge{instance_state::starting, instance_state::stopped},
    edge{instance_state::starting, instance_state::failed},
    edge{instance_state::starting, instance_state::deleted},
    edge{instance_state::running, instance_state::starting},
    edge{instance_state::running, instance_state::stopping},
    edge{instance_state::running, instance_state::failed},
    edge{instance_state::stopping, instance_state::starting},
    edge{instance_state::running, instance_state::stopped},
    edge{instance_state::stopping, instance_state::running},
    edge{instance_state::stopping, instance_state::stopped},
    edge{instance_state::stopping, instance_state::failed},
    edge{instance_state::stopping, instance_state::deleted},
    edge{instance_state::stopped, instance_state::starting},
    edge{instance_state::stopped, instance_state::stopping},
    edge{instance_state::stopped, instance_state::failed},
    edge{instance_state::stopped, instance_state::deleted},
    edge{instance_state::failed, instance_state::starting},
    edge{instance_state::failed, instance_state::stopping},
    edge{instance_state::failed, instance_state::stopped},
    edge{instance_state::failed, instance_state::running},
    edge{instance_state::failed, instance_state::deleted},
    edge{instance_state::failed, instance_state::failed},
};

class checker final : public observer {
 public:
  std::string_view promise() const override { return "events are gap-free, in order and lawful"; }

  void run_begins(view const&) override {
    last_ = 0;
    states_.clear();
  }

  void kept(view const& at, fleet_step const& step) override {
    for (auto const& event : step.events) {
      if (event.seq != last_ + 1) broken(at, fmt::format("event {} came after event {}", event.seq, last_));
      last_ = event.seq;
      if (event.type.starts_with("instance.")) follow(at, event);
    }
  }

 private:
  static std::optional<instance_state> state_told(std::string_view phase_name) {
    for (auto const& known : all_phases())
      if (known.name == phase_name) return known.state;
    return std::nullopt;
  }

  void follow(view const& at, fleet_event const& event) {
    auto const to = state_told(event.to);
    if (!to) return;
    auto const from = states_.find(event.instance);
    bool const first = from == states_.end();
    if (!first && from->second != *to) {
      bool lawful = false;
      for (auto const& [a, b] : law) lawful = lawful || (a == from->second && b == *to);
      if (!lawful)
        broken(at, fmt::format("event {}: from {} to {}", event.seq, name(from->second), name(*to)));
      bool const says_why =
          *to == instance_state::stopped || *to == instance_state::failed || *to == instance_state::deleted;
      if (says_why && event.reason.empty())
        broken(at, fmt::format("event {}: {} without a reason", event.seq, event.type));
    }
    states_[event.instance] = *to;
  }

  std::uint64_t last_ = 0;
  std::map<instance_id, instance_state> states_;
};

}  // namespace

std::unique_ptr<observer> events_in_order() { return std::make_unique<checker>(); }

}  // namespace ostler::simulation

// What is shown is what is: nobody is shown stopped while it lives, nor running and healthy long after its
// death, and a service that is shown ready is.
#include <fmt/format.h>
#include <map>

#include "simulation/checkers/checkers.hpp"

namespace ostler::simulation {
namespace {

using namespace lifecycle;

class checker final : public observer {
 public:
  std::string_view promise() const override { return "states are true"; }

  void run_begins(view const&) override { wrong_since_.clear(); }
  void daemon_ended(view const&) override { wrong_since_.clear(); }
  void mischief(view const&, std::string_view kind, instance_id) override {
    if (kind.find("sleeps") != std::string_view::npos) wrong_since_.clear();
  }

  void second_passed(view const& at) override {
    if (at.fleet == nullptr) return;
    std::map<std::string, instant> still;
    auto const& rules = at.plan.numbers;
    // A silent link is noticed at the first look after the timeout.
    milliseconds const silence = at.plan.wrong.link_silence_every > 0ms ? rules.heartbeat_timeout * 2 : 3s;
    at.fleet->each([&](instance const& it) {
      bool const lives = keeper_lives(at, it.id);
      auto const state = state_of(it.now);
      bool const at_rest = state == instance_state::stopped || state == instance_state::defined;
      if (at_rest && lives)
        broken(at, fmt::format("{} is shown {} and its keeper lives", it.spec.name, name(state)));
      bool const shown_well = health_of(it) == instance_health::healthy && !lives;
      persists(at, still, shown_well, silence,
               fmt::format("{} is shown running and healthy without a keeper", it.spec.name));
      for (auto const& service : it.services) look_at(at, still, it, service);
    });
    wrong_since_ = std::move(still);
  }

 private:
  static bool keeper_lives(view const& at, instance_id who) {
    for (auto const& [name, one] : at.real.things)
      if (one.is_keeper() && one.owner == who) return true;
    return false;
  }

  void look_at(view const& at, std::map<std::string, instant>& still, instance const& it,
               service_view const& shown) {
    bool any_ready = false;
    bool anything = false;
    for (auto const& [pid, one] : at.real.processes) {
      if (one.owner != it.id || one.service != shown.name) continue;
      anything = true;
      any_ready = any_ready || (one.ready && one.main_alive);
    }
    bool const reached = it.link == link_view::registered && keeper_lives(at, it.id);
    bool const is_task = shown.state == "stopped";
    // A link that went silent is believed until its heartbeat is missed.
    milliseconds const silence =
        at.plan.wrong.link_silence_every > 0ms ? at.plan.numbers.heartbeat_timeout * 2 : 3s;
    persists(at, still,
             reached && shown.ready && !is_task && shown.state == "running" && !any_ready && !task(it, shown),
             silence, fmt::format("{} of {} is shown ready and is not", shown.name, it.spec.name));
    persists(at, still, reached && shown.state == "stopped" && anything, silence,
             fmt::format("{} of {} is shown stopped and something of it lives", shown.name, it.spec.name));
  }

  static bool task(instance const& it, service_view const& shown) {
    for (auto const& service : it.spec.services)
      if (service.name == shown.name) return service.task;
    return false;
  }

  void persists(view const& at, std::map<std::string, instant>& still, bool wrong, milliseconds allowed,
                std::string what) {
    if (!wrong) return;
    auto const before = wrong_since_.find(what);
    auto const since = before == wrong_since_.end() ? at.now : before->second;
    if (at.now - since > allowed) broken(at, what);
    still.emplace(std::move(what), since);
  }

  std::map<std::string, instant> wrong_since_;
};

}  // namespace

std::unique_ptr<observer> states_are_true() { return std::make_unique<checker>(); }

}  // namespace ostler::simulation

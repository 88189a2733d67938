// A start that failed has taken back what it made, unless it was asked to leave it for inspection. What was
// in use before stays.
#include <fmt/format.h>
#include <map>
#include <set>

#include "simulation/checkers/checkers.hpp"

namespace ostler::simulation {
namespace {

using namespace lifecycle;

class checker final : public observer {
 public:
  std::string_view promise() const override { return "a failed start leaves nothing behind"; }

  void run_begins(view const&) override {
    used_.clear();
    began_.clear();
  }

  // A restart of something that is still starting is another start. One that a crash undid never was.
  void answered(view const& at, request const& asked, told answer) override {
    auto const* about = std::get_if<for_instance>(&asked.what);
    if (about != nullptr && answer == told::accepted && std::holds_alternative<restart_asked>(about->what))
      began_[asked.who] = at.now;
  }
  void kept(view const& at, fleet_step const& step) override {
    for (auto const& event : step.events)
      if (event.type == "instance.starting") began_[event.instance] = at.now;
  }

  void stepped(view const& at, fleet_input const&, fleet_step const& step) override {
    for (auto const& event : step.events) {
      if (event.type != "instance.running") continue;
      for (auto const& [name, one] : at.real.things)
        if (one.owner == event.instance) used_.insert(name);
    }
  }

  void went_quiet(view const& at) override {
    if (at.fleet == nullptr) return;
    for (auto const& [name, one] : at.real.things) {
      auto const* it = at.fleet->find(one.owner);
      if (it == nullptr || it->now != phase::start_failed || it->spec.keep_on_error) continue;
      // What an earlier start made, that was stopped before it was done, is kept like anything over a stop.
      bool const made_by_it = began_.contains(one.owner) && one.made >= began_.at(one.owner);
      if (one.life == lifetime::run || (made_by_it && !used_.contains(name)))
        broken(at, fmt::format("the start of {} failed, and {} is still there", it->spec.name, name));
    }
  }

 private:
  std::map<instance_id, instant> began_;
  std::set<std::string> used_;
};

}  // namespace

std::unique_ptr<observer> failed_starts_leave_nothing() { return std::make_unique<checker>(); }

}  // namespace ostler::simulation

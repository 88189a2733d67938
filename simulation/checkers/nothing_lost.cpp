// What was acknowledged is still so after any crash, and work that was ever in use goes only when a delete
// was asked for.
#include <fmt/format.h>
#include <map>
#include <set>

#include "simulation/checkers/checkers.hpp"

namespace ostler::simulation {
namespace {

using namespace lifecycle;

std::optional<goal> goal_of(fleet_input const& what) {
  auto const* asked = std::get_if<for_instance>(&what);
  if (asked == nullptr) return std::nullopt;
  if (std::holds_alternative<start_asked>(asked->what)) return goal::running;
  if (std::holds_alternative<restart_asked>(asked->what)) return goal::running;
  if (std::holds_alternative<stop_asked>(asked->what)) return goal::stopped;
  if (std::holds_alternative<delete_asked>(asked->what)) return goal::deleted;
  return std::nullopt;
}

class checker final : public observer {
 public:
  std::string_view promise() const override { return "nothing acknowledged is lost"; }

  void run_begins(view const&) override {
    known_.clear();
    used_.clear();
  }

  void decided(view const&, request const& asked, fleet_step const& done) override {
    auto const wanted = goal_of(asked.what);
    if (!wanted || !done.answer) return;
    auto& one = known_[asked.who];
    one.asked_last = *wanted;
    one.waiting = true;
    if (*wanted == goal::deleted) one.delete_asked = true;
  }

  void answered(view const&, request const& asked, told answer) override {
    if (answer != told::accepted) return;
    auto& one = known_[asked.who];
    if (std::holds_alternative<create_asked>(asked.what)) one.created = true;
    auto const wanted = goal_of(asked.what);
    if (!wanted) return;
    one.acknowledged = wanted;
    // A later request may have been decided meanwhile; then either may be true after a crash.
    one.waiting = one.asked_last != *wanted;
  }

  void kept(view const& at, fleet_step const& step) override {
    for (auto const& event : step.events) {
      if (event.type != "instance.running") continue;
      for (auto const& [name, one] : at.real.things)
        if (one.owner == event.instance) used_.insert(name);
    }
  }

  void daemon_began(view const& at) override { compare(at); }
  void went_quiet(view const& at) override { compare(at); }

  void thing_gone(view const& at, thing const& gone, removal how) override {
    if (how != removal::ordered || gone.life != lifetime::instance || !used_.contains(gone.name)) return;
    if (!known_[gone.owner].delete_asked)
      broken(at, fmt::format("{} was in use and was removed, and nobody asked for a delete", gone.name));
  }

 private:
  struct promised {
    bool created = false;
    bool delete_asked = false;
    bool waiting = false;
    std::optional<goal> acknowledged;
    goal asked_last = goal::stopped;
  };

  void compare(view const& at) {
    if (at.fleet == nullptr) return;
    for (auto const& [id, one] : known_) {
      auto const* it = at.fleet->find(id);
      if (it == nullptr) {
        if (one.created && !one.delete_asked)
          broken(at, fmt::format("{} was acknowledged and is not known", id.text()));
        continue;
      }
      if (one.acknowledged && !one.waiting && it->wanted != *one.acknowledged)
        broken(at, fmt::format("{} was promised to be {} and is wanted {}", it->spec.name,
                               name(*one.acknowledged), name(it->wanted)));
    }
  }

  std::map<instance_id, promised> known_;
  std::set<std::string> used_;
};

}  // namespace

std::unique_ptr<observer> nothing_lost() { return std::make_unique<checker>(); }

}  // namespace ostler::simulation

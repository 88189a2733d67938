// Nothing restarts by itself more often than its intensity allows: neither a service nor a keeper.
#include <fmt/format.h>
#include <map>
#include <vector>

#include "simulation/checkers/checkers.hpp"

namespace ostler::simulation {
namespace {

class checker final : public observer {
 public:
  std::string_view promise() const override { return "restarts are bounded"; }

  void run_begins(view const&) override { begun_.clear(); }

  void service_wanted(view const&, instance_id who, std::string const& service, bool up) override {
    if (up) begun_.erase({who, service});
  }
  // A person who asks begins a new count; so does a new daemon, which knows no former restarts.
  void answered(view const&, request const& asked, told) override { begun_.erase({asked.who, "keeper"}); }
  void daemon_ended(view const&) override {
    std::erase_if(begun_, [](auto const& one) { return one.first.second == "keeper"; });
  }

  void process_began(view const& at, process const& began) override { count(at, began.owner, began.service); }
  void thing_made(view const& at, thing const& made) override {
    if (made.is_keeper()) count(at, made.owner, "keeper");
  }

 private:
  void count(view const& at, instance_id who, std::string const& what) {
    auto const window = at.plan.numbers.restart_intensity_window;
    auto& times = begun_[{who, what}];
    std::erase_if(times, [&](instant when) { return at.now - when >= window; });
    times.push_back(at.now);
    // The first begin is no restart.
    auto const most = static_cast<std::size_t>(at.plan.numbers.restart_intensity_max) + 1;
    if (times.size() > most)
      broken(at, fmt::format("{} of {} began {} times within {}", what, who.text(), times.size(),
                             format_duration(window)));
  }

  std::map<std::pair<instance_id, std::string>, std::vector<instant>> begun_;
};

}  // namespace

std::unique_ptr<observer> restarts_bounded() { return std::make_unique<checker>(); }

}  // namespace ostler::simulation

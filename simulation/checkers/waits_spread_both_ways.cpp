// Waits before a reconnect are spread around their nominal length, not to one side of it. This is seen only
// over many of them, so the count goes on from run to run.
#include <cmath>
#include <fmt/format.h>

#include "simulation/checkers/checkers.hpp"

namespace ostler::simulation {
namespace {

using namespace lifecycle;

class checker final : public observer {
 public:
  std::string_view promise() const override { return "waits spread both ways"; }

  void stepped(view const& at, fleet_input const& input, fleet_step const&) override {
    auto const* about = std::get_if<for_link>(&input);
    if (about == nullptr || at.fleet == nullptr) return;
    auto const* line = at.fleet->find_link(about->id);
    if (line == nullptr || line->state != link_state::reconnecting || line->streaming ||
        line->retry_at <= at.now)
      return;
    auto const& rules = at.plan.numbers;
    auto const nominal = std::min(static_cast<double>(rules.reconnect_first.count()) *
                                      std::pow(rules.reconnect_factor, line->tries - 1),
                                  static_cast<double>(rules.reconnect_cap.count()));
    auto const wait = std::chrono::duration<double, std::milli>(line->retry_at - at.now).count();
    (wait < nominal ? shorter_ : longer_) += 1;
    auto const all = shorter_ + longer_;
    if (all < 60) return;
    // A fair coin falls outside this once in ten thousand million series.
    auto const off = std::abs(static_cast<double>(shorter_) - all / 2.0);
    if (off > 6.5 * std::sqrt(all) / 2)
      broken(at, fmt::format("of {} waits {} were shorter than nominal", all, shorter_));
  }

 private:
  int shorter_ = 0;
  int longer_ = 0;
};

}  // namespace

std::unique_ptr<observer> waits_spread_both_ways() { return std::make_unique<checker>(); }

}  // namespace ostler::simulation

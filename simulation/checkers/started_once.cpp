// There is never a second one of what there may be one of, and no launch is carried out twice.
#include <fmt/format.h>
#include <set>

#include "simulation/checkers/checkers.hpp"

namespace ostler::simulation {
namespace {

class checker final : public observer {
 public:
  std::string_view promise() const override { return "nothing is started twice"; }

  void run_begins(view const&) override { launched_.clear(); }

  void thing_made(view const& at, thing const& made) override {
    if (!made.is_keeper()) return;
    for (auto const& [name, other] : at.real.things)
      if (other.is_keeper() && other.owner == made.owner && name != made.name)
        broken(at, fmt::format("{} was launched while {} is alive", made.name, name));
    if (!launched_.insert({made.owner, made.generation}).second)
      broken(at, fmt::format("generation {} of {} was launched a second time", made.generation,
                             made.owner.text()));
  }

  void process_began(view const& at, process const& began) override {
    for (auto const& [pid, other] : at.real.processes)
      if (pid != began.pid && other.main_alive && other.owner == began.owner &&
          other.service == began.service)
        broken(at, fmt::format("{} was started as {} while {} is alive", began.service, began.pid, pid));
  }

 private:
  std::set<std::pair<instance_id, std::uint32_t>> launched_;
};

}  // namespace

std::unique_ptr<observer> started_once() { return std::make_unique<checker>(); }

}  // namespace ostler::simulation

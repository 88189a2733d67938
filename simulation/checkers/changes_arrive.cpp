// A changed spec is brought to what runs: once it is quiet, a running instance has the services of its spec
// and no process of any other.
#include <algorithm>
#include <fmt/format.h>

#include "simulation/checkers/checkers.hpp"

namespace ostler::simulation {
namespace {

using namespace lifecycle;

class checker final : public observer {
 public:
  std::string_view promise() const override { return "what runs is what the spec says now"; }

  void went_quiet(view const& at) override {
    if (at.fleet == nullptr) return;
    at.fleet->each([&](instance const& it) {
      if (it.now != phase::running || it.link != link_view::registered) return;
      auto const is_wanted = [&](std::string const& service) {
        return std::ranges::find(it.spec.services, service, &service_spec::name) != it.spec.services.end();
      };
      for (auto const& [pid, one] : at.real.processes)
        if (one.owner == it.id && !is_wanted(one.service))
          broken(at, fmt::format("{} of {} is not in its spec and process {} of it lives", one.service,
                                 it.spec.name, pid));
      for (auto const& wanted : it.spec.services)
        if (std::ranges::find(it.services, wanted.name, &service_view::name) == it.services.end())
          broken(at, fmt::format("the keeper of {} was never told of {}", it.spec.name, wanted.name));
    });
  }
};

}  // namespace

std::unique_ptr<observer> changes_arrive() { return std::make_unique<checker>(); }

}  // namespace ostler::simulation

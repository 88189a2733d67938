#include "lifecycle/instance/phase.hpp"

#include <array>

#include "base/ensure.hpp"

namespace ostler::lifecycle {
namespace {

using enum instance_state;

constexpr std::array phase_table{
    phase_facts{phase::defined, defined, "defined", "known, nothing was made yet"},
    phase_facts{phase::waiting_for_turn, starting, "waiting-for-turn",
                "as many starts as allowed are under way"},
    phase_facts{phase::looking, starting, "looking", "asking the provider what is there"},
    phase_facts{phase::resolving_project, starting, "resolving-project",
                "finding the project and its settings"},
    phase_facts{phase::resolving_workspace, starting, "resolving-workspace", "deciding what has to be made"},
    phase_facts{phase::preparing, starting, "preparing", "making the place"},
    phase_facts{phase::launching, starting, "launching", "bringing the keeper up"},
    phase_facts{phase::connecting, starting, "connecting", "waiting until the keeper has registered"},
    phase_facts{phase::connected, starting, "connected", "after-connected hook, services being started"},
    phase_facts{phase::running, running, "running", "ready and alive"},
    phase_facts{phase::cancelling, stopping, "cancelling",
                "finishing the step of the start that is under way"},
    phase_facts{phase::before_close, stopping, "before-close", "before-close hook"},
    phase_facts{phase::stopping_services, stopping, "stopping-services", "services being stopped"},
    phase_facts{phase::disconnecting, stopping, "disconnecting", "closing the link"},
    phase_facts{phase::stopping_keeper, stopping, "stopping-keeper", "stopping the keeper and all it holds"},
    phase_facts{phase::tearing_down, stopping, "tearing-down", "removing what was made, in reverse"},
    phase_facts{phase::stopped, stopped, "stopped", "at rest; what outlives a stop is kept"},
    phase_facts{phase::start_failed, failed, "start-failed", "the start failed and was taken back"},
    phase_facts{phase::lost, failed, "lost", "the place was removed behind our back"},
    phase_facts{phase::stop_failed, failed, "stop-failed",
                "something could not be stopped; it is tried again"},
    phase_facts{phase::delete_failed, failed, "delete-failed",
                "something could not be removed; it is tried again"},
    phase_facts{phase::deleted, deleted, "deleted", "gone; known to the journal only"},
};

consteval bool table_is_in_order() {
  for (std::size_t i = 0; i < phase_table.size(); ++i)
    if (static_cast<std::size_t>(phase_table[i].value) != i) return false;
  return phase_table.size() == static_cast<std::size_t>(phase::deleted) + 1;
}
static_assert(table_is_in_order(), "every phase stands once, in the order of the enum");

constexpr std::array<std::string_view, 7> state_names{"defined", "starting", "running", "stopping",
                                                      "stopped", "failed",   "deleted"};
static_assert(state_names.size() == static_cast<std::size_t>(deleted) + 1);

}  // namespace

std::span<phase_facts const> all_phases() { return phase_table; }

phase_facts const& facts(phase value) {
  auto const index = static_cast<std::size_t>(value);
  ensure(index < phase_table.size(), "phases come from the table");
  return phase_table[index];
}

std::string_view name(instance_state state) { return state_names.at(static_cast<std::size_t>(state)); }

}  // namespace ostler::lifecycle

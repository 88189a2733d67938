// All checkers, one file each. A new promise is a new file and a line here.
#pragma once

#include <memory>
#include <vector>

#include "simulation/observer.hpp"

namespace ostler::simulation {

std::unique_ptr<observer> started_once();
std::unique_ptr<observer> nothing_lost();
std::unique_ptr<observer> nothing_leaked();
std::unique_ptr<observer> ledger_is_reality();
std::unique_ptr<observer> nothing_stuck();
std::unique_ptr<observer> refusals_hold();
std::unique_ptr<observer> events_in_order();
std::unique_ptr<observer> restarts_bounded();
std::unique_ptr<observer> restarts_do_not_spread();
std::unique_ptr<observer> deletes_end();
std::unique_ptr<observer> states_are_true();
std::unique_ptr<observer> politeness_ends();
std::unique_ptr<observer> stops_are_complete();
std::unique_ptr<observer> waits_spread_both_ways();
std::unique_ptr<observer> quota_kept();
std::unique_ptr<observer> failed_starts_leave_nothing();
std::unique_ptr<observer> wanted_is_reached();
std::unique_ptr<observer> changes_arrive();

std::vector<std::unique_ptr<observer>> all_checkers();

}  // namespace ostler::simulation

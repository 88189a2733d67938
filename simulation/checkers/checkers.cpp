#include "simulation/checkers/checkers.hpp"

namespace ostler::simulation {

std::vector<std::unique_ptr<observer>> all_checkers() {
  std::vector<std::unique_ptr<observer>> all;
  all.push_back(started_once());
  all.push_back(nothing_lost());
  all.push_back(nothing_leaked());
  all.push_back(ledger_is_reality());
  all.push_back(nothing_stuck());
  all.push_back(refusals_hold());
  all.push_back(events_in_order());
  all.push_back(restarts_bounded());
  all.push_back(restarts_do_not_spread());
  all.push_back(deletes_end());
  all.push_back(states_are_true());
  all.push_back(politeness_ends());
  all.push_back(stops_are_complete());
  all.push_back(waits_spread_both_ways());
  all.push_back(quota_kept());
  all.push_back(failed_starts_leave_nothing());
  all.push_back(wanted_is_reached());
  all.push_back(changes_arrive());
  return all;
}

}  // namespace ostler::simulation

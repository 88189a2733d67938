// The checkers catch: every planted fault is found within 60 seconds of seeds on one core. One that is not
// found means that a promise is not really watched.
#include <ctime>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <ostream>

#include "base/planted_fault.hpp"
#include "simulation/search.hpp"

namespace ostler {

// The name in the list of tests.
static void PrintTo(planted_fault_facts const& one, std::ostream* out) { *out << one.slip; }

}  // namespace ostler

namespace ostler::simulation {
namespace {

constexpr double seconds_max = 60;

// Where a slip shows soonest. What is not here shows in `default`.
std::string_view scenario_for(fault which) {
  switch (which) {
    case fault::jitter_only_downward:
    case fault::restart_spreads:
    case fault::lost_contact_is_stopped: return "links";
    case fault::intensity_never_counts:
    case fault::readiness_of_another_process:
    case fault::stop_during_start_ignored:
    case fault::stopped_before_tree_is_empty:
    case fault::service_deadline_never_armed: return "services";
    case fault::clean_up_never_forced: return "hooks";
    case fault::deadline_never_armed:
    case fault::existing_believed:
    case fault::released_before_settled:
    case fault::stale_answer_taken: return "providers";
    case fault::start_twice_after_crash: return "crashes";
    case fault::change_never_applied: return "changes";
    case fault::wall_clock_decides: return "clocks";
    case fault::none:
    case fault::effect_before_journal:
    case fault::stop_during_start_lost:
    case fault::release_not_written:
    case fault::intent_not_written:
    case fault::failed_start_keeps_all:
    case fault::sequence_skipped:
    case fault::refusal_forgotten: return "default";
  }
  return "default";
}

scenario open_shipped(std::string_view name) {
  for (auto const& shipped : shipped_scenarios())
    if (shipped.name == name) return parse_scenario(shipped.text, shipped.name).value();
  ADD_FAILURE() << "there is no scenario " << name;
  return {};
}

class planted_fault : public testing::TestWithParam<planted_fault_facts> {
 protected:
  ~planted_fault() override { planted_now = fault::none; }
};

TEST_P(planted_fault, is_found) {
  auto const what = open_shipped(scenario_for(GetParam().value));
  planted_now = GetParam().value;
  // Time of this core, not of the clock on the wall: the machine may be busy with other things.
  auto const begun = std::clock();
  auto const spent = [&] { return static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC; };
  auto const found = search(what, 1, 1'000'000, [&](search_result const&) { return spent() < seconds_max; });
  ASSERT_TRUE(found.broken.has_value())
      << "nobody noticed in " << found.seeds << " seeds of " << what.name << ": to " << GetParam().slip;
  auto const& first = found.broken->violations.front();
  fmt::print("found in {} seeds, {:.1f} s: {}: {}\n", found.seeds, spent(), first.promise, first.what);
}

INSTANTIATE_TEST_SUITE_P(, planted_fault,
                         testing::ValuesIn(std::begin(planted_fault_table) + 1,
                                           std::end(planted_fault_table)),
                         [](auto const& one) { return std::string(one.param.name); });

TEST(planted_fault_build, keeps_every_promise_while_no_fault_is_switched_on) {
  auto const found = search(open_shipped("default"), 1, 50, [](search_result const&) { return true; });
  EXPECT_FALSE(found.broken.has_value());
}

}  // namespace
}  // namespace ostler::simulation

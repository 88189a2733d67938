// A scenario: how much work there is, and what goes wrong, as data.
//
// Scenarios are TOML files. Every probability and every mean interval is a field here, so that a failing
// story can be made shorter by switching off what it does not need.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "lifecycle/policy/numbers.hpp"

namespace ostler::simulation {

struct workload {
  int instances = 5;
  int services = 2;   // at most, in each
  int resources = 2;  // at most, in each, beside the keeper
  milliseconds duration{std::chrono::minutes(5)};
  milliseconds request_every{2s};  // mean
  double hooks = 0.3;              // of an instance to have each hook
  double keep_on_error = 0.1;
  double run_lifetime = 0.4;  // of a resource to live for one run only
  double deletes = 0.15;      // of the requests
  double changes = 0;         // of the requests: another spec
  double force = 0.1;         // of stops and deletes
  int providers = 2;
  int quota = 0;  // containers at once for each provider; 0: unlimited
};

// Mean intervals of zero mean never. Probabilities are for each call or process.
struct faults {
  milliseconds daemon_crash_every{0};
  milliseconds keeper_kill_every{0};
  milliseconds place_loss_every{0};
  milliseconds link_cut_every{0};
  milliseconds link_silence_every{0};
  milliseconds disk_full_every{0};
  milliseconds clock_jump_every{0};
  milliseconds suspend_every{0};
  milliseconds reboot_every{0};
  double call_fails_before = 0;
  double call_fails_after = 0;
  double call_hangs = 0;
  double call_is_slow = 0;
  double answer_twice = 0;
  double answer_late = 0;
  double lies_exists = 0;
  double cannot_say = 0;  // an inspection that answers unknown
  double dial_fails = 0;
  double dial_hangs = 0;
  double service_dies_early = 0;
  double service_never_ready = 0;
  double service_crashes = 0;  // after it was ready
  double service_ignores_stop = 0;
  double service_leaves_children = 0;
  double stranger_answers = 0;  // a leftover on the port
  double hook_hangs = 0;
};

struct scenario {
  std::string name;
  std::string about;
  workload work;
  faults wrong;
  lifecycle::numbers numbers;
};

struct field_facts {
  std::string_view table;  // "work" or "wrong"
  std::string_view key;
};
// Every field that a scenario file may set, in the order above.
std::span<field_facts const> scenario_fields();

// Refuses unknown tables and keys, wrong kinds and values outside their limits, naming file, line and what is
// allowed.
result<scenario> parse_scenario(std::string_view text, std::string_view file);

// The scenario as a file that parse_scenario() reads back; only what differs from the defaults.
std::string write_scenario(scenario const& what);

// The scenarios that come with the program, by name.
struct shipped_scenario {
  std::string_view name;
  std::string_view text;
};
std::span<shipped_scenario const> shipped_scenarios();

// Switches one kind of fault off; false when there is no such fault or it is off already.
bool switch_off(faults& wrong, std::string_view key);

}  // namespace ostler::simulation

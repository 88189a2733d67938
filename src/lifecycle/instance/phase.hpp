// The words for where an instance is.
//
// A `state` is what people and programs are told; the set is closed. A `phase` is finer and may grow without
// breaking anyone; each phase belongs to one state. The one table in phase.cpp gives names, states and
// messages.
//
//   defined ──> starting ──> running ──> stopping ──> stopped ──> starting …
//                  │            │            │            │
//                  └────────────┴── failed <─┴────────────┘      failed ──> starting (retry)
//                                      │                         failed ──> stopping (clean up)
//   every state but deleted accepts delete, which ends in deleted or in failed/delete-failed.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace ostler::lifecycle {

enum class instance_state : std::uint8_t { defined, starting, running, stopping, stopped, failed, deleted };

enum class phase : std::uint8_t {
  defined,
  // starting
  waiting_for_turn,
  looking,  // asking the provider what is there before going on
  resolving_project,
  resolving_workspace,
  preparing,
  launching,
  connecting,
  connected,
  // running
  running,
  // stopping
  cancelling,  // a step of the start is being finished before the way down begins
  before_close,
  stopping_services,
  disconnecting,
  stopping_keeper,
  tearing_down,
  // stopped
  stopped,
  // failed
  start_failed,
  lost,
  stop_failed,
  delete_failed,
  // deleted
  deleted,
};

struct phase_facts {
  phase value;
  instance_state state;
  std::string_view name;
  std::string_view what;
};

std::span<phase_facts const> all_phases();
phase_facts const& facts(phase value);

std::string_view name(instance_state state);
inline std::string_view name(phase value) { return facts(value).name; }
inline instance_state state_of(phase value) { return facts(value).state; }

inline bool is_transitional(instance_state state) {
  return state == instance_state::starting || state == instance_state::stopping;
}

}  // namespace ostler::lifecycle

// For the tests of the service: one service, its clock, and the answers it gave last.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "lifecycle/service/service.hpp"

namespace ostler::lifecycle {

inline constexpr instant start = instant{} + 24h;
constexpr exit_status code(int value) { return {.what = exit_status::kind::code, .value = value}; }

// One service and the answers it gave last.
struct service_bench {
  service_rules rules{.name = "web", .port = 3001, .ready = {ready_sign::http}};
  service state;
  instant now = start;
  service_step last;

  service_step const& feed(service_event const& event) {
    last = step(state, event, rules, {.now = now, .wall = {}, .luck = 1ULL << 63U});
    state = last.next;
    return last;
  }
  // Ticks whenever the service asks for it, until it orders or tells something.
  service_step const& wait() {
    do {
      now = *state.wake;
      feed(tick{});
    } while (state.wake && last.commands.empty() && last.notices.empty());
    return last;
  }
  process_key newest() const { return {state.process.generation, 70}; }
  service_state public_now() const { return lifecycle::state(state); }

  service_bench& begin() {
    feed(want_up{});
    feed(spawned{newest()});
    return *this;
  }
  service_bench& run() {
    begin();
    feed(sign_observed{{ready_sign::http, true, newest()}});
    return *this;
  }
  void tree(std::vector<std::int64_t> remaining) {
    feed(tree_checked{state.process.generation, std::move(remaining)});
  }

  bool ordered(service_command const& command) const {
    return std::ranges::find(last.commands, command) != last.commands.end();
  }
  std::string told(service_fact fact) const {
    for (auto const& notice : last.notices)
      if (notice.fact == fact) return notice.message;
    return "(not told)";
  }
};

}  // namespace ostler::lifecycle

#include "lifecycle/link/link_reference.hpp"

#include <fmt/format.h>
#include <utility>

namespace ostler::lifecycle {
namespace {

constexpr instant begin = instant{} + 24h;
constexpr link_rules rules{};

moment at(instant now) { return {.now = now, .wall = {}, .luck = 1ULL << 63U}; }

link after(link state, link_event const& event, instant now) {
  return step(std::move(state), event, rules, at(now)).next;
}

link fail_until_lost(link state) {
  while (state.state == link_state::reconnecting) state = after(state, tick{}, *state.wake);
  return state;
}

std::string state_name(link const& state) {
  if (state.state != link_state::reconnecting) return std::string(text(state.state));
  return state.streaming ? "reconnecting, dialing" : "reconnecting, waiting";
}

}  // namespace

std::vector<link_sample> link_samples() {
  // Streams count from 7 here, so that there is an older one in every state.
  link const down{.attempt = 7};
  auto const dialing = after(down, link_wanted{}, begin);
  auto const registered = after(dialing, registered_received{dialing.attempt}, begin + 1s);
  auto const waiting = after(registered, stream_closed{registered.attempt}, begin + 2s);
  auto const redialing = after(waiting, tick{}, *waiting.wake);
  return {{"down", down},
          {"dialing", dialing},
          {"registered", registered},
          {"reconnecting, waiting", waiting},
          {"reconnecting, dialing", redialing},
          {"lost", fail_until_lost(waiting)}};
}

std::vector<link_event_sample> link_event_samples(link const& state) {
  auto const current = state.attempt, older = state.attempt - 1;
  return {{"link_wanted", link_wanted{}},
          {"link_unwanted", link_unwanted{}},
          {"stream_opened", stream_opened{current}},
          {"registered_received", registered_received{current}},
          {"stream_failed", stream_failed{current, "reset"}},
          {"stream_closed", stream_closed{current}},
          {"error_reported", error_reported{current, "no room"}},
          {"frame_heard", frame_heard{current}},
          {"tick, due", tick{}, true},
          {"tick, early", tick{}},
          {"stream_opened, older stream", stream_opened{older}},
          {"registered_received, older stream", registered_received{older}},
          {"stream_failed, older stream", stream_failed{older, "reset"}},
          {"stream_closed, older stream", stream_closed{older}},
          {"error_reported, older stream", error_reported{older, "no room"}},
          {"frame_heard, older stream", frame_heard{older}}};
}

link_outcome link_probe(link_sample const& from, link_event_sample const& event) {
  auto const& state = from.state;
  auto now = state.wake.value_or(begin + 1h);
  if (!event.when_due) now -= 1ns;
  auto done = step(state, event.event, rules, at(now));
  // A limit is looked at several times before its end; the reference tells of the end.
  while (event.when_due && !done.ignored && done.commands.empty()) {
    now = *done.next.wake;
    done = step(std::move(done.next), event.event, rules, at(now));
  }
  std::string does;
  auto const add = [&](std::string_view word) {
    if (!does.empty()) does += ", ";
    does += word;
  };
  for (auto const& command : done.commands) add(name(command));
  for (auto const& notice : done.notices) add(name(notice));
  if (done.ignored) does = fmt::format("refused: {}{}{}", *done.ignored, does.empty() ? "" : "; ", does);
  return {.to = state_name(done.next), .does = does.empty() ? "noted" : does};
}

std::string link_reference() {
  std::string out = "| from | event | to | does |\n| --- | --- | --- | --- |\n";
  for (auto const& from : link_samples())
    for (auto const& event : link_event_samples(from.state)) {
      auto const outcome = link_probe(from, event);
      out += fmt::format("| {} | {} | {} | {} |\n", from.name, event.name, outcome.to, outcome.does);
    }
  return out;
}

}  // namespace ostler::lifecycle

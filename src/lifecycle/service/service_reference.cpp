#include "lifecycle/service/service_reference.hpp"

#include <fmt/format.h>
#include <utility>

namespace ostler::lifecycle {
namespace {

constexpr instant begin = instant{} + 24h;

moment at(instant now) { return {.now = now, .wall = {}, .luck = 1ULL << 63U}; }

// Feeds one service, a moment apart.
struct driver {
  service_rules rules;
  service state;
  instant now = begin;

  driver& feed(service_event const& event) {
    now += 10ms;
    state = step(std::move(state), event, rules, at(now)).next;
    return *this;
  }
  // Ticks until the phase changes.
  driver& wait() {
    for (auto const phase = state.phase; state.phase == phase && state.wake;) {
      now = *state.wake;
      state = step(std::move(state), tick{}, rules, at(now)).next;
    }
    return *this;
  }
  process_key newest() const { return {state.process.generation, 70}; }
};

constexpr exit_status failed{.what = exit_status::kind::code, .value = 1};
constexpr exit_status fine{.what = exit_status::kind::code, .value = 0};

driver idle(work_kind kind = work_kind::service) {
  service_rules rules{.name = "web", .port = 3001, .kind = kind};
  if (kind == work_kind::service) rules.ready = {ready_sign::http};
  // Generations count from 7 here, so that there is an older one in every state.
  return {.rules = rules, .state = {.process = {.generation = 7, .pid = 50}, .exit = exit_status{}}};
}
driver spawning() { return idle().feed(want_up{}); }
driver awaiting() {
  auto one = spawning();
  return one.feed(spawned{one.newest()});
}
driver running() {
  auto one = awaiting();
  return one.feed(sign_observed{{ready_sign::http, true, one.newest()}});
}
driver tree_empty(driver one) { return one.feed(tree_checked{one.state.process.generation, {}}); }

std::string phase_name(service const& value) {
  auto const outer = text(state(value)), inner = text(value.phase);
  return outer == inner ? std::string(outer) : fmt::format("{} ({})", outer, inner);
}

service_sample sample(std::string_view name, driver const& one) { return {name, one.state, one.rules}; }

}  // namespace

std::vector<service_sample> service_samples() {
  auto dead = running();
  dead.feed(exited{dead.newest(), failed});
  auto not_ready = running();
  not_ready.feed(sign_observed{{ready_sign::http, false, not_ready.newest()}});
  auto stopping_spawn = spawning().feed(want_down{});
  auto stopping = running().feed(want_down{});
  auto main_gone = running().feed(want_down{});
  main_gone.feed(exited{main_gone.newest(), failed});
  auto killing = running().feed(want_down{}).wait();
  auto error = awaiting().wait();
  auto error_empty = error;
  error_empty.feed(exited{error_empty.newest(), failed});
  auto done = idle(work_kind::task).feed(want_up{});
  done.feed(spawned{done.newest()}).feed(exited{done.newest(), fine});
  return {sample("idle", idle()),
          sample("waiting for needs", idle().feed(needs_changed{false, "db"}).feed(want_up{})),
          sample("backing off, tree not empty", dead),
          sample("backing off", tree_empty(dead)),
          sample("spawning", spawning()),
          sample("awaiting ready", awaiting()),
          sample("running", running()),
          sample("running, not ready", not_ready),
          sample("stopping, still spawning", stopping_spawn),
          sample("stopping", stopping),
          sample("stopping, main process gone", main_gone),
          sample("killing", killing),
          sample("stopped", tree_empty(main_gone)),
          sample("stopped, task done", tree_empty(done)),
          sample("error, tree not empty", error),
          sample("error", tree_empty(error_empty))};
}

namespace {

error service_trouble() { return {error_code::restarts_exhausted, "web exited (1)", {}, {}}; }

}  // namespace

std::vector<service_event_sample> service_event_samples(service const& state) {
  auto const generation = state.process.generation;
  process_key const newest{generation, 70}, older{generation - 1, 60}, next{generation + 1, 80},
      nobody{0, 4242};
  return {{"want_up", want_up{}},
          {"want_down", want_down{}},
          {"hurry", hurry{1s}},
          {"needs_changed, all ready", needs_changed{true, ""}},
          {"needs_changed, one is not", needs_changed{false, "cache"}},
          {"spawned", spawned{newest}},
          {"spawn_failed", spawn_failed{generation, "no such file"}},
          {"exited, 0", exited{newest, fine}},
          {"exited, 1", exited{newest, failed}},
          {"sign_observed, holds", sign_observed{{ready_sign::http, true, newest}}},
          {"sign_observed, lost", sign_observed{{ready_sign::http, false, newest}}},
          {"sign_observed, a stranger answers", sign_observed{{ready_sign::http, true, nobody}}},
          {"status_told", status_told{newest, "warming up"}},
          {"liveness_checked, alive", liveness_checked{newest, true}},
          {"liveness_checked, not", liveness_checked{newest, false}},
          {"tree_checked, empty", tree_checked{generation, {}}},
          {"tree_checked, not empty", tree_checked{generation, {71, 72}}},
          {"adopted, ready", adopted{next, true}},
          {"adopted, not ready", adopted{next, false}},
          {"found_gone", found_gone{next, failed}},
          {"found_gone, wanted", found_gone{next, failed, true, true}},
          {"restored, wanted", restored{generation, true}},
          {"restored, done", restored{generation, true, true}},
          {"restored, in error", restored{generation, true, false, service_trouble()}},
          {"tick, due", tick{}, true},
          {"tick, early", tick{}},
          {"spawned, older process", spawned{older}},
          {"spawn_failed, older process", spawn_failed{generation - 1, "no such file"}},
          {"exited, older process", exited{older, failed}},
          {"sign_observed, older process", sign_observed{{ready_sign::http, true, older}}},
          {"status_told, older process", status_told{older, "warming up"}},
          {"liveness_checked, older process", liveness_checked{older, false}},
          {"tree_checked, older process", tree_checked{generation - 1, {}}},
          {"adopted, older process", adopted{older, true}},
          {"found_gone, older process", found_gone{older, failed}},
          {"restored, older process", restored{generation - 1}}};
}

service_outcome service_probe(service_sample const& from, service_event_sample const& event) {
  auto rules = from.rules;
  // One failure is enough here, so that one event shows what it comes to.
  rules.liveness_failures = 1;
  auto now = from.state.wake.value_or(begin + 1h);
  if (!event.when_due) now -= 1ns;
  auto done = step(from.state, event.event, rules, at(now));
  // A limit is looked at several times before its end; the reference tells of the end.
  while (event.when_due && !done.ignored && done.next.wake && done.commands.empty()) {
    now = *done.next.wake;
    done = step(std::move(done.next), event.event, rules, at(now));
  }
  std::string does;
  auto const add = [&](std::string_view word) {
    if (!does.empty()) does += ", ";
    does += word;
  };
  for (auto const& command : done.commands) add(name(command));
  for (auto const& notice : done.notices) add(text(notice.fact));
  if (done.ignored) does = fmt::format("refused: {}", *done.ignored);
  return {.to = phase_name(done.next), .does = does.empty() ? "noted" : does};
}

std::string service_reference() {
  std::string out = "| from | event | to | does |\n| --- | --- | --- | --- |\n";
  for (auto const& from : service_samples())
    for (auto const& event : service_event_samples(from.state)) {
      auto const outcome = service_probe(from, event);
      out += fmt::format("| {} | {} | {} | {} |\n", from.name, event.name, outcome.to, outcome.does);
    }
  return out;
}

}  // namespace ostler::lifecycle

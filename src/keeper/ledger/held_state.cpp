#include "keeper/ledger/held_state.hpp"

#include <algorithm>

namespace ostler::keeper {
namespace {

held_run& at(std::vector<held_run>& runs, std::string const& name) {
  auto const found = std::ranges::find(runs, name, &held_run::name);
  if (found != runs.end()) return *found;
  runs.emplace_back().name = name;
  return runs.back();
}

// What happened to the process, whoever's it is.
void apply_process(held_run& run, std::string_view fact, wire::keeper_event const& happened) {
  if (fact == "intended") {
    run.run = happened.run;
    run.intended = true;
    run.ready = false;
    run.pid = 0;
    run.start_ticks = 0;
    run.exit.reset();
  } else if (fact == "spawned") {
    run.run = happened.run;
    run.intended = false;
    run.pid = happened.pid;
    run.start_ticks = happened.start_ticks;
    run.exit.reset();
  } else if (fact == "failed") {
    run.intended = false;
  } else if (fact == "exited" && happened.run == run.run) {
    run.intended = false;
    run.ready = false;
    run.exit = happened.exit.value_or(wire::exit_told{});
  }
}

void apply_service(held_run& run, std::string_view fact, wire::keeper_event const& happened) {
  if (fact == "wanted" || fact == "unwanted") {
    run.wanted = fact == "wanted";
    return;
  }
  if (fact == "outdated" || fact == "renewed") {
    run.outdated = fact == "outdated";
    return;
  }
  run.message = happened.message;
  if (fact == "ready" || fact == "not_ready") {
    run.ready = fact == "ready";
    return;
  }
  run.state = fact;
  if (fact != "running") run.ready = false;
}

}  // namespace

void apply(held_state& state, wire::keeper_event const& happened) {
  state.seq = std::max(state.seq, happened.seq);
  auto const dot = happened.fact.find('.');
  if (dot == std::string::npos) return;
  auto const group = std::string_view(happened.fact).substr(0, dot);
  auto const fact = std::string_view(happened.fact).substr(dot + 1);
  if (group == "keeper") {
    if (fact == "stopping") state.stopping = true;
    // Another launch, by somebody who wants it up.
    if (fact == "started") state.stopping = false;
    return;
  }
  if (!happened.session.empty()) {
    if (fact == "closed") {
      std::erase_if(state.sessions, [&](held_run const& run) { return run.name == happened.session; });
      return;
    }
    if (group == "process" || fact == "opened")
      apply_process(at(state.sessions, happened.session), fact, happened);
    return;
  }
  if (happened.service.empty()) return;
  if (group == "service" && fact == "removed") {
    std::erase_if(state.services, [&](held_run const& run) { return run.name == happened.service; });
    return;
  }
  auto& run = at(state.services, happened.service);
  if (group == "process") apply_process(run, fact, happened);
  if (group == "service") apply_service(run, fact, happened);
  if (group == "port") run.port = happened.port;
}

held_run const* find(std::vector<held_run> const& runs, std::string_view name) {
  auto const found = std::ranges::find(runs, name, &held_run::name);
  return found == runs.end() ? nullptr : &*found;
}

}  // namespace ostler::keeper

#include "agents/watchers.hpp"

#include <vector>

#include "wire/json.hpp"

namespace ostler::agents {

watcher_number watchers::add(viewer who, operations::agent_subscription wanted, taker take) {
  if (wanted.heartbeats) ++with_heartbeats_;
  all_.emplace(++last_, watcher{.who = who, .wanted = std::move(wanted), .take = std::move(take)});
  return last_;
}

void watchers::remove(watcher_number which) {
  auto const found = all_.find(which);
  if (found == all_.end()) return;
  if (found->second.wanted.heartbeats) --with_heartbeats_;
  all_.erase(found);
}

bool watchers::concerns(watcher const& one, operations::agent_event const& what, place const& where) {
  return one.who.sees(where) && (one.wanted.agent.empty() || one.wanted.agent == what.agent) &&
         (one.wanted.session.empty() || one.wanted.session == what.session) &&
         (one.wanted.heartbeats || what.type != operations::agent_event_kind::heartbeat);
}

void watchers::tell(operations::agent_event const& what, place const& where) {
  std::string json;
  std::vector<watcher_number> slow;
  for (auto& [number, one] : all_) {
    if (!concerns(one, what, where)) continue;
    if (json.empty()) json = wire::to_json(what);
    if (!one.take(json)) slow.push_back(number);
  }
  for (auto const number : slow) remove(number);
}

}  // namespace ostler::agents

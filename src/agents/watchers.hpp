// Who listens to agents. What happened is written once and handed to all whom it concerns; who takes it too
// slowly is dropped, so that nobody holds up another.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "agents/roster.hpp"
#include "operations/agent_operations.hpp"

namespace ostler::agents {

using watcher_number = std::uint64_t;

class watchers {
 public:
  // False: it takes nothing more, and is not called again. Must not add or remove watchers.
  using taker = std::function<bool(std::string_view json)>;

  // `wanted.agent` is an id.
  watcher_number add(viewer who, operations::agent_subscription wanted, taker take);
  // Also one that was dropped.
  void remove(watcher_number which);
  void tell(operations::agent_event const& what, place const& where);
  bool wants_heartbeats() const { return with_heartbeats_ > 0; }
  std::size_t size() const { return all_.size(); }

 private:
  struct watcher {
    viewer who;
    operations::agent_subscription wanted;
    taker take;
  };
  static bool concerns(watcher const& one, operations::agent_event const& what, place const& where);

  watcher_number last_ = 0;
  std::size_t with_heartbeats_ = 0;
  std::map<watcher_number, watcher> all_;
};

}  // namespace ostler::agents

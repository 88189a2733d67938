// One stream of numbered events for many listeners: each hears first how everything is, or what it has
// missed, then every event once, in order and without a gap.
//
// Old and live are joined by one rule: a listener becomes live in the moment in which its number is that of
// the newest event told; until then it is given older events, page by page, at the pace at which it takes
// them. So nothing is kept for one who catches up, and there is no moment in which an event could slip
// through or come twice. Who is live and too slow is told `lagged` with the last number it has, and is
// closed; nobody waits for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "base/result.hpp"
#include "control/peer_socket.hpp"

namespace ostler::control {

// One event, its text made once for all.
struct told_event {
  std::uint64_t seq = 0;
  shared_message text;
  // The id of what it is about; empty: of nothing that can be asked for.
  std::string subject;
  std::string type;
};

struct hub_filter {
  // The id of the one subject; empty: all.
  std::string subject;
  // Of any of these types; empty: all. `instance.*` means all that begin so.
  std::vector<std::string> types;
  // Of none of these, written alike.
  std::vector<std::string> without;
  // Also of these, which pass by and are not kept.
  std::vector<std::string> passing;

  bool passes(told_event const& event) const;
};

struct hub_subscription {
  hub_filter filter;
  // Only what has a higher number; none: everything as it is first.
  std::optional<std::uint64_t> after;
};

// Everything as it was when `seq` was the newest event.
struct hub_snapshot {
  std::uint64_t seq = 0;
  std::string text;
};

struct hub_source {
  std::function<async::task<result<hub_snapshot>>(hub_filter)> snapshot;
  // Events with a higher number, the oldest first, at least one when there is any. events_forgotten.
  std::function<async::task<result<std::vector<told_event>>>(std::uint64_t after)> older;
};

struct hub_limits {
  // Of what waits for one listener. The queue of the socket has room for more, so that `lagged` still fits.
  std::size_t messages = 512;
  std::size_t bytes = 2UL * 1024 * 1024;
};

class hub {
 public:
  // `newest`: the number of the newest event there is.
  hub(hub_source from, std::uint64_t newest, hub_limits limits = {});
  hub(hub const&) = delete;
  hub& operator=(hub const&) = delete;
  // With no listener.
  ~hub();

  // To all that are live; never waits. Numbers only grow.
  void tell(told_event const& event);
  // Something that is not kept and has no number: only to those who are live and name its type. Whoever is
  // too slow for it does not miss anything.
  void tell_passing(told_event const& event);
  // Whether anybody would be told of it.
  bool wants(std::string_view type) const;
  std::uint64_t newest() const { return newest_; }
  std::size_t live() const { return live_.size(); }

  // What can be refused is refused here: events_forgotten, value_out_of_range for a number that has not been
  // given yet, and whatever the source refuses. The hub outlives the conversation.
  async::task<result<conversation>> subscribe(hub_subscription what);

 private:
  struct listener {
    peer_socket* to;
    hub_filter filter;
    std::uint64_t position;
    bool lagged = false;
  };
  // How a conversation begins.
  struct beginning {
    std::string snapshot;
    std::vector<told_event> missed;
    std::uint64_t position = 0;
  };
  class live_place;

  async::task<void> talk(peer_socket* with, hub_filter filter, beginning first);
  // False when the listener is gone.
  async::task<bool> give(peer_socket* with, hub_filter const* filter, std::vector<told_event> const* events,
                         std::uint64_t* position);
  async::task<bool> catch_up(peer_socket* with, hub_filter const* filter, std::uint64_t* position);
  void tell_one(listener& one, told_event const& event);

  hub_source from_;
  std::uint64_t newest_;
  hub_limits limits_;
  std::vector<listener*> live_;
};

}  // namespace ostler::control

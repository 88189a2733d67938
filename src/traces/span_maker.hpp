// Makes spans of what was kept: one trace for each way of an instance up or down, a span for each phase of
// it, and one for each service that is started or stopped on it.
//
// It is pure: the same events and the same seed give the same spans. A span is given when it has ended. A way
// up that fails goes on while what it made is taken back, because that belongs to it; one that somebody ends
// by asking for something else ends there. A way that was under way before we heard of it begins with what we
// heard first, and says so.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/chance.hpp"
#include "lifecycle/fleet/fleet.hpp"
#include "traces/span.hpp"

namespace ostler::traces {

class span_maker {
 public:
  explicit span_maker(std::uint64_t seed) : chance_(seed) {}

  // The events in their order, each with its instance as it is now; null when that is gone. Gives what ended
  // with it, the root of a trace last.
  std::vector<span> heard(lifecycle::fleet_event const& what, lifecycle::instance const* after);
  // Ways that have not ended.
  std::size_t under_way() const { return ways_.size(); }

 private:
  enum class direction : std::uint8_t { up, down };
  struct way {
    direction to = direction::up;
    span root;
    span phase;
    // What is being started or stopped, by the name of the service.
    std::map<std::string, span, std::less<>> services;
    bool taking_back = false;
    std::string error_code;
  };
  using ways = std::map<instance_id, way>;

  void moved(std::vector<span>& out, lifecycle::fleet_event const& what, lifecycle::instance const* after);
  ways::iterator begin_way(lifecycle::fleet_event const& what, lifecycle::instance const* after,
                           direction to);
  void begin_phase(way& one, lifecycle::fleet_event const& what);
  void end_way(std::vector<span>& out, ways::iterator which, lifecycle::fleet_event const& what,
               std::string_view result);
  void service_changed(std::vector<span>& out, way& one, lifecycle::fleet_event const& what);
  span child_of(way const& one, std::string name, wall_time start);
  std::string digits();

  chance chance_;
  ways ways_;
};

}  // namespace ostler::traces

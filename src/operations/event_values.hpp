// What happened, and the messages by which subscribers hear of it.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "base/instant.hpp"
#include "operations/instance_values.hpp"
#include "operations/service_values.hpp"

namespace ostler::operations {

// One committed change. `instance` is empty when it is about the daemon.
struct event {
  std::uint64_t seq = 0;
  wall_time time{};
  instance_id instance;
  std::string subject;
  std::string type;
  std::string actor;
  std::string from;
  std::string to;
  std::string message;
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(event, (), (seq, time, instance, subject, type, actor, from, to, message, reason))

struct event_list {
  std::vector<event> events;
  std::uint64_t last_seq = 0;
  // Older ones than these are no longer kept.
  std::uint64_t oldest_seq = 0;
  bool more = false;
};
BOOST_DESCRIBE_STRUCT(event_list, (), (events, last_seq, oldest_seq, more))

// The first message to a subscriber: everything as it was at `seq`.
struct snapshot {
  std::string type = "status";
  std::uint64_t seq = 0;
  std::vector<instance> instances;
};
BOOST_DESCRIBE_STRUCT(snapshot, (), (type, seq, instances))

// Each further message: one event, and the instance as it is after it; of an event that is told again to who
// comes back, as it is now. Without the instance when it is gone, or when the event is about the daemon.
struct lifecycle_update {
  std::string type = "lifecycle:update";
  std::uint64_t seq = 0;
  operations::event event;
  std::optional<operations::instance> instance;
  service_map services;
};
BOOST_DESCRIBE_STRUCT(lifecycle_update, (), (type, seq, event, instance, services))

// The last message to a subscriber that was too slow; it may come again and say after=last_seq.
struct lagged {
  std::string type = "lagged";
  std::uint64_t last_seq = 0;
};
BOOST_DESCRIBE_STRUCT(lagged, (), (type, last_seq))

}  // namespace ostler::operations

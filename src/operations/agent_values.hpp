// Agent servers and other programs that register with the daemon, send heartbeats and take work.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.hpp"
#include "operations/error_values.hpp"
#include "operations/text_values.hpp"

namespace ostler::operations {

enum class agent_direction : std::uint8_t { inbound, outbound };
BOOST_DESCRIBE_ENUM(agent_direction, inbound, outbound)

enum class agent_state : std::uint8_t { connecting, registered, reconnecting, stopped, lost, failed };
BOOST_DESCRIBE_ENUM(agent_state, connecting, registered, reconnecting, stopped, lost, failed)

struct agent {
  std::string id;
  std::string name;
  std::string version;
  agent_direction direction = agent_direction::inbound;
  // Empty when it runs outside every instance.
  std::string instance;
  std::string service;
  agent_state state = agent_state::connecting;
  std::string message;
  bool healthy = false;
  bool auto_reconnect = true;
  std::vector<std::string> capabilities;
  std::uint32_t attempt = 0;
  std::uint32_t attempts_max = 0;
  std::optional<wall_time> registered;
  std::optional<wall_time> last_heartbeat;
  std::optional<error_told> error;
};
BOOST_DESCRIBE_STRUCT(agent, (),
                      (id, name, version, direction, instance, service, state, message, healthy,
                       auto_reconnect, capabilities, attempt, attempts_max, registered, last_heartbeat,
                       error))

struct agent_list {
  std::vector<agent> agents;
};
BOOST_DESCRIBE_STRUCT(agent_list, (), (agents))

struct agent_status {
  agent_state state = agent_state::connecting;
  std::string message;
  std::uint32_t attempt = 0;
  std::uint32_t attempts_max = 0;
  std::optional<wall_time> last_heartbeat;
};
BOOST_DESCRIBE_STRUCT(agent_status, (), (state, message, attempt, attempts_max, last_heartbeat))

struct agent_count {
  std::uint64_t count = 0;
  std::uint64_t healthy = 0;
};
BOOST_DESCRIBE_STRUCT(agent_count, (), (count, healthy))

struct agent_healthy {
  bool healthy = false;
  std::string message;
};
BOOST_DESCRIBE_STRUCT(agent_healthy, (), (healthy, message))

struct agent_health {
  bool healthy = true;
  std::uint64_t count = 0;
  // The names of those that are not.
  std::vector<std::string> unhealthy;
};
BOOST_DESCRIBE_STRUCT(agent_health, (), (healthy, count, unhealthy))

// Work that was given to an agent server; its messages are events of the session.
struct task {
  std::string session;
  std::string instance;
  std::string agent;
  std::string message;
};
BOOST_DESCRIBE_STRUCT(task, (), (session, instance, agent, message))

// started, stopped, status_changed, heartbeat, heartbeat_timeout, reconnecting, reconnected,
// reconnect_failed, error, message
enum class agent_event_kind : std::uint8_t {
  started,
  stopped,
  status_changed,
  heartbeat,
  heartbeat_timeout,
  reconnecting,
  reconnected,
  reconnect_failed,
  error,
  message,
};
BOOST_DESCRIBE_ENUM(agent_event_kind, started, stopped, status_changed, heartbeat, heartbeat_timeout,
                    reconnecting, reconnected, reconnect_failed, error, message)

struct agent_event {
  agent_event_kind type = agent_event_kind::started;
  wall_time time{};
  std::string agent;
  std::string session;
  std::optional<agent_state> from;
  std::optional<agent_state> to;
  std::uint32_t attempt = 0;
  std::uint32_t attempts_max = 0;
  std::string text;
  // Of a message: what the agent said.
  unread_json content;
};
BOOST_DESCRIBE_STRUCT(agent_event, (),
                      (type, time, agent, session, from, to, attempt, attempts_max, text, content))

// What an agent that dialled the daemon sends.

struct agent_register {
  std::string type = "register";
  std::string name;
  std::string version;
  bool auto_reconnect = true;
  std::vector<std::string> capabilities;
};
BOOST_DESCRIBE_STRUCT(agent_register, (), (type, name, version, auto_reconnect, capabilities))

struct agent_registered {
  std::string type = "registered";
  std::string id;
  milliseconds heartbeat_interval{};
  milliseconds heartbeat_timeout{};
};
BOOST_DESCRIBE_STRUCT(agent_registered, (), (type, id, heartbeat_interval, heartbeat_timeout))

struct agent_heartbeat {
  std::string type = "heartbeat";
};
BOOST_DESCRIBE_STRUCT(agent_heartbeat, (), (type))

struct agent_error {
  std::string type = "error";
  std::string message;
};
BOOST_DESCRIBE_STRUCT(agent_error, (), (type, message))

// In both directions.
struct agent_message {
  std::string type = "message";
  std::string session;
  unread_json content;
};
BOOST_DESCRIBE_STRUCT(agent_message, (), (type, session, content))

struct agent_unregister {
  std::string type = "unregister";
};
BOOST_DESCRIBE_STRUCT(agent_unregister, (), (type))

}  // namespace ostler::operations

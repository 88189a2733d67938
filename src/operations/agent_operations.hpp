// What can be asked about agent servers and other programs that register with the daemon.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "operations/agent_values.hpp"
#include "operations/event_values.hpp"
#include "operations/operation.hpp"

namespace ostler::operations {

struct agent_named {
  std::string agent;
};
BOOST_DESCRIBE_STRUCT(agent_named, (), (agent))

struct agent_filter {
  std::string instance;
  std::optional<bool> healthy;
};
BOOST_DESCRIBE_STRUCT(agent_filter, (), (instance, healthy))

struct agent_work {
  std::string instance;
  std::string agent;
  std::string text;
  unread_json content;
  milliseconds wait{};
};
BOOST_DESCRIBE_STRUCT(agent_work, (), (instance, agent, text, content, wait))

struct agent_trouble {
  std::string agent;
  std::string message;
};
BOOST_DESCRIBE_STRUCT(agent_trouble, (), (agent, message))

struct agent_subscription {
  std::string agent;
  std::string session;
  bool heartbeats = false;
};
BOOST_DESCRIBE_STRUCT(agent_subscription, (), (agent, session, heartbeats))

struct agents_connect
    : operation<done, one_of<agent_registered, agent_message>,
                one_of<agent_register, agent_heartbeat, agent_error, agent_message, agent_unregister>> {
  static constexpr operation_facts about{
      .name = "agents.connect",
      .help = "register a program as an agent; it sends heartbeats and takes work",
      .detail =
          "The first message is `register`; the daemon answers `registered` with the interval of the "
          "heartbeats. An agent that is called `connect` is found by its id only.",
      .method = http_method::get,
      .path = "/api/v1/agents/connect",
      .kind = operation_kind::change,
      .scope = operation_scope::one_instance,
      .transport = operation_transport::websocket,
      .errors = codes<error_code::not_registered_in_time, error_code::limit_reached>,
  };
};

struct agents_list : operation<agent_filter, agent_list> {
  static constexpr operation_facts about{
      .name = "agents.list",
      .help = "the agents that are registered",
      .method = http_method::get,
      .path = "/api/v1/agents",
      .errors = codes<error_code::instance_unknown>,
  };
};

struct agents_get : operation<agent_named, agent> {
  static constexpr operation_facts about{
      .name = "agents.get",
      .help = "one agent: who it is and what it offers",
      .method = http_method::get,
      .path = "/api/v1/agents/{agent}",
      .errors = codes<error_code::agent_unknown>,
  };
};

struct agents_status : operation<agent_named, agent_status> {
  static constexpr operation_facts about{
      .name = "agents.status",
      .help = "the state of one agent",
      .method = http_method::get,
      .path = "/api/v1/agents/{agent}/status",
      .errors = codes<error_code::agent_unknown>,
  };
};

struct agents_is_healthy : operation<agent_named, agent_healthy> {
  static constexpr operation_facts about{
      .name = "agents.is_healthy",
      .help = "whether one agent is registered and its heartbeats arrive",
      .method = http_method::get,
      .path = "/api/v1/agents/{agent}/healthy",
      .errors = codes<error_code::agent_unknown>,
  };
};

struct agents_count : operation<done, agent_count> {
  static constexpr operation_facts about{
      .name = "agents.count",
      .help = "how many agents are registered, and how many are healthy",
      .method = http_method::get,
      .path = "/api/v1/agent-count",
  };
};

struct agents_health_check : operation<done, agent_health> {
  static constexpr operation_facts about{
      .name = "agents.health_check",
      .help = "whether all agents are healthy, and which are not",
      .method = http_method::get,
      .path = "/api/v1/agent-health",
  };
};

struct agents_start : operation<agent_work, task> {
  static constexpr operation_facts about{
      .name = "agents.start",
      .help = "give work to the agent of a running instance",
      .detail = "The answer names the session; what the agent says are events of it, for all who subscribe.",
      .command = "send NAME TEXT",
      .method = http_method::post,
      .path = "/api/v1/instances/{instance}/tasks",
      .kind = operation_kind::destroy,
      .idempotent = false,
      .scope = operation_scope::one_instance,
      .asks_keeper = true,
      .errors = codes<error_code::agent_unknown, error_code::not_registered_in_time>,
      .tool = {.name = "agent_send",
               .set = tool_set::admin,
               .read_only = false,
               .destructive = true,
               .idempotent = false,
               .open_world = true},
  };
};

struct agents_stop : operation<agent_named, agent> {
  static constexpr operation_facts about{
      .name = "agents.stop",
      .help = "close the connection of an agent, and do not take it up again",
      .method = http_method::post,
      .path = "/api/v1/agents/{agent}/stop",
      .kind = operation_kind::destroy,
      .scope = operation_scope::one_instance,
      .errors = codes<error_code::agent_unknown>,
  };
};

struct agents_stop_all : operation<done, agent_list> {
  static constexpr operation_facts about{
      .name = "agents.stop_all",
      .help = "close the connections of all agents",
      .method = http_method::post,
      .path = "/api/v1/agent-stop",
      .kind = operation_kind::destroy,
      .scope = operation_scope::admin,
  };
};

struct agents_heartbeat : operation<agent_named, agent> {
  static constexpr operation_facts about{
      .name = "agents.heartbeat",
      .help = "say for an agent that it is alive",
      .method = http_method::post,
      .path = "/api/v1/agents/{agent}/heartbeat",
      .kind = operation_kind::change,
      .scope = operation_scope::one_instance,
      .errors = codes<error_code::agent_unknown, error_code::invalid_state>,
  };
};

struct agents_report_error : operation<agent_trouble, agent> {
  static constexpr operation_facts about{
      .name = "agents.report_error",
      .help = "say for an agent that something is wrong with it",
      .method = http_method::post,
      .path = "/api/v1/agents/{agent}/error",
      .kind = operation_kind::change,
      .scope = operation_scope::one_instance,
      .errors = codes<error_code::agent_unknown, error_code::invalid_state>,
  };
};

struct agents_subscribe : operation<agent_subscription, one_of<agent_event, lagged>> {
  static constexpr operation_facts about{
      .name = "agents.subscribe",
      .help = "what agents do and say, as it happens",
      .method = http_method::get,
      .path = "/api/v1/agent-events",
      .transport = operation_transport::websocket,
      .errors = codes<error_code::agent_unknown, error_code::session_unknown>,
  };
};

}  // namespace ostler::operations

// What can be asked about logs and events.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "operations/event_values.hpp"
#include "operations/log_values.hpp"
#include "operations/operation.hpp"
#include "operations/text_values.hpp"

namespace ostler::operations {

struct log_query {
  std::string instance;
  std::vector<std::string> service;
  std::string session;
  std::optional<log_stream> only;
  std::uint32_t lines = 100;
  std::optional<std::uint32_t> tail;
  std::string cursor;
  point_in_time since;
  point_in_time until;
  std::string pattern;
  bool literal = false;
  bool invert = false;
  std::uint32_t context = 0;
  bool follow = false;
  bool previous = false;
};
BOOST_DESCRIBE_STRUCT(log_query, (),
                      (instance, service, session, only, lines, tail, cursor, since, until, pattern, literal,
                       invert, context, follow, previous))

struct event_query {
  std::string instance;
  std::vector<std::string> type;
  std::uint64_t after = 0;
  point_in_time since;
  std::uint32_t limit = 50;
};
BOOST_DESCRIBE_STRUCT(event_query, (), (instance, type, after, since, limit))

struct event_subscription {
  std::optional<std::uint64_t> after;
  std::string instance;
  std::vector<std::string> type;
  bool heartbeats = false;
};
BOOST_DESCRIBE_STRUCT(event_subscription, (), (after, instance, type, heartbeats))

struct logs_read : operation<log_query, log_page, done, log_line> {
  static constexpr operation_facts about{
      .name = "logs.read",
      .help = "what the services of an instance printed; with follow, also what they print from now on",
      .detail =
          "Without cursor, tail or since, the last `lines` lines. With `follow` the answer is one "
          "log_line for each line, as JSON lines, over restarts of the service.",
      .command = "logs [NAME] [SERVICE...]",
      .method = http_method::get,
      .path = "/api/v1/instances/{instance}/logs",
      .scope = operation_scope::one_instance,
      .asks_keeper = true,
      .lines_when = "follow",
      .errors = codes<error_code::service_unknown, error_code::session_unknown>,
      .tool = {.name = "logs_read",
               .set = tool_set::core,
               .read_only = true,
               .destructive = false,
               .idempotent = true,
               .open_world = false},
  };
};

struct events_list : operation<event_query, event_list> {
  static constexpr operation_facts about{
      .name = "events.list",
      .help = "what happened, oldest first",
      .detail = "Without `after` and `since`, the newest `limit` events.",
      .command = "events [NAME]",
      .method = http_method::get,
      .path = "/api/v1/events/history",
      .errors = codes<error_code::instance_unknown, error_code::events_forgotten>,
      .tool = {.name = "events_read",
               .set = tool_set::core,
               .read_only = true,
               .destructive = false,
               .idempotent = true,
               .open_world = false},
  };
};

struct events_subscribe : operation<event_subscription, one_of<snapshot, lifecycle_update, lagged>> {
  static constexpr operation_facts about{
      .name = "events.subscribe",
      .help = "everything as it is, then each change, without a gap",
      .detail =
          "First `status` with everything as it was at its seq, or with `after` the events since then; "
          "then one `lifecycle:update` for each event. Who is too slow hears `lagged` and is closed.",
      .command = "events -f",
      .method = http_method::get,
      .path = "/api/v1/events",
      .transport = operation_transport::websocket,
      .errors = codes<error_code::instance_unknown, error_code::events_forgotten>,
  };
};

}  // namespace ostler::operations

// What can be asked about commands and terminals in an instance.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "operations/instance_operations.hpp"
#include "operations/operation.hpp"
#include "operations/session_values.hpp"

namespace ostler::operations {

struct exec_new {
  std::string instance;
  std::vector<std::string> command;
  bool shell = false;
  std::vector<std::string> env;
  std::string workdir;
  std::string user;
  std::string service;
  std::string input;
  std::optional<milliseconds> limit;
  wire::on_time_limit at_limit = wire::on_time_limit::detach;
  std::string label;
  milliseconds wait{30s};
};
BOOST_DESCRIBE_STRUCT(exec_new, (),
                      (instance, command, shell, env, workdir, user, service, input, limit, at_limit, label,
                       wait))

struct exec_query {
  std::string instance;
  std::string session;
  std::string cursor;
  std::uint32_t lines = 200;
  milliseconds wait{};
};
BOOST_DESCRIBE_STRUCT(exec_query, (), (instance, session, cursor, lines, wait))

struct exec_signal {
  std::string instance;
  std::string session;
  std::string signal = "TERM";
  bool tree = true;
};
BOOST_DESCRIBE_STRUCT(exec_signal, (), (instance, session, signal, tree))

struct terminal_new {
  std::string instance;
  std::vector<std::string> command;
  bool shell = false;
  std::vector<std::string> env;
  std::string workdir;
  std::string user;
  std::string service;
  std::uint16_t rows = 24;
  std::uint16_t columns = 80;
  std::string label;
};
BOOST_DESCRIBE_STRUCT(terminal_new, (),
                      (instance, command, shell, env, workdir, user, service, rows, columns, label))

struct terminal_view {
  std::string instance;
  std::string session;
  std::uint16_t rows = 24;
  std::uint16_t columns = 80;
  bool watch = false;
};
BOOST_DESCRIBE_STRUCT(terminal_view, (), (instance, session, rows, columns, watch))

struct terminal_resize {
  std::string instance;
  std::string session;
  std::uint16_t rows = 24;
  std::uint16_t columns = 80;
};
BOOST_DESCRIBE_STRUCT(terminal_resize, (), (instance, session, rows, columns))

struct session_named {
  std::string instance;
  std::string session;
};
BOOST_DESCRIBE_STRUCT(session_named, (), (instance, session))

struct exec_start : operation<exec_new, exec_output> {
  static constexpr operation_facts about{
      .name = "exec.start",
      .help = "run a command in an instance",
      .detail = "Answers when it has ended or `wait` is over; it goes on then, and exec.read tells the rest.",
      .command = "exec NAME -- COMMAND...",
      .method = http_method::post,
      .path = "/api/v1/instances/{instance}/exec",
      .kind = operation_kind::destroy,
      .idempotent = false,
      .scope = operation_scope::one_instance,
      .asks_keeper = true,
      .errors = codes<error_code::spawn_failed, error_code::system_exhausted>,
      .tool = {.name = "exec_run",
               .set = tool_set::core,
               .read_only = false,
               .destructive = true,
               .idempotent = false,
               .open_world = true},
  };
};

struct exec_read : operation<exec_query, exec_output> {
  static constexpr operation_facts about{
      .name = "exec.read",
      .help = "what a command printed since a cursor, and how it ended",
      .method = http_method::get,
      .path = "/api/v1/instances/{instance}/sessions/{session}/output",
      .scope = operation_scope::one_instance,
      .asks_keeper = true,
      .errors = codes<error_code::session_unknown>,
      .tool = {.name = "exec_read",
               .set = tool_set::core,
               .read_only = true,
               .destructive = false,
               .idempotent = true,
               .open_world = false},
  };
};

struct exec_kill : operation<exec_signal, session> {
  static constexpr operation_facts about{
      .name = "exec.kill",
      .help = "send a signal to a command, by default to end it and all it started",
      .method = http_method::post,
      .path = "/api/v1/instances/{instance}/sessions/{session}/kill",
      .kind = operation_kind::destroy,
      .scope = operation_scope::one_instance,
      .asks_keeper = true,
      .errors = codes<error_code::session_unknown>,
      .tool = {.name = "exec_kill",
               .set = tool_set::admin,
               .read_only = false,
               .destructive = true,
               .idempotent = true,
               .open_world = false},
  };
};

struct terminals_open : operation<terminal_new, session> {
  static constexpr operation_facts about{
      .name = "terminals.open",
      .help = "open a terminal in an instance; it goes on when nobody looks",
      .command = "shell NAME",
      .method = http_method::post,
      .path = "/api/v1/instances/{instance}/terminals",
      .kind = operation_kind::change,
      .idempotent = false,
      .scope = operation_scope::one_instance,
      .asks_keeper = true,
      .errors = codes<error_code::spawn_failed, error_code::system_exhausted>,
  };
};

struct terminals_attach : operation<terminal_view, terminal_message, terminal_message> {
  static constexpr operation_facts about{
      .name = "terminals.attach",
      .help = "see a terminal and type into it",
      .detail =
          "Binary messages are the bytes of the terminal, in both directions, first what it shows now. "
          "Text messages say all the rest.",
      .command = "attach NAME [SERVICE]",
      .method = http_method::get,
      .path = "/api/v1/instances/{instance}/terminals/{session}/attach",
      .kind = operation_kind::change,
      .scope = operation_scope::one_instance,
      .transport = operation_transport::websocket,
      .asks_keeper = true,
      .errors = codes<error_code::session_unknown>,
  };
};

struct terminals_resize : operation<terminal_resize, done> {
  static constexpr operation_facts about{
      .name = "terminals.resize",
      .help = "give a terminal another size",
      .method = http_method::post,
      .path = "/api/v1/instances/{instance}/terminals/{session}/resize",
      .kind = operation_kind::change,
      .scope = operation_scope::one_instance,
      .asks_keeper = true,
      .errors = codes<error_code::session_unknown>,
  };
};

struct terminals_close : operation<session_named, done> {
  static constexpr operation_facts about{
      .name = "terminals.close",
      .help = "end what runs in a terminal and forget what it showed",
      .method = http_method::remove,
      .path = "/api/v1/instances/{instance}/terminals/{session}",
      .kind = operation_kind::destroy,
      .scope = operation_scope::one_instance,
      .asks_keeper = true,
      .errors = codes<error_code::session_unknown>,
  };
};

struct sessions_list : operation<instance_named, session_list> {
  static constexpr operation_facts about{
      .name = "sessions.list",
      .help = "the commands, terminals and agents' conversations of an instance",
      .method = http_method::get,
      .path = "/api/v1/instances/{instance}/sessions",
      .scope = operation_scope::one_instance,
      .asks_keeper = true,
  };
};

}  // namespace ostler::operations

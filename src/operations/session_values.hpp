// Commands, terminals and agents' conversations in an instance. They belong to the keeper, so they go on
// while nobody looks.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.hpp"
#include "wire/keeper_link.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::operations {

enum class session_kind : std::uint8_t { exec, terminal, agent };
BOOST_DESCRIBE_ENUM(session_kind, exec, terminal, agent)

struct session {
  std::string id;
  session_kind kind = session_kind::exec;
  std::string instance;
  std::string label;
  std::vector<std::string> command;
  bool running = false;
  std::int64_t pid = 0;
  std::uint32_t viewers = 0;
  wall_time opened{};
  std::optional<wire::exit_told> exit;
  // What a person types to see it.
  std::string attach_command;
};
BOOST_DESCRIBE_STRUCT(session, (),
                      (id, kind, instance, label, command, running, pid, viewers, opened, exit,
                       attach_command))

struct session_list {
  std::vector<session> sessions;
};
BOOST_DESCRIBE_STRUCT(session_list, (), (sessions))

// Both outputs of a command from a cursor on.
struct exec_output {
  std::string session;
  std::string out;
  std::string err;
  std::string next_cursor;
  bool truncated = false;
  bool running = false;
  std::optional<wire::exit_told> exit;
  milliseconds duration{};
};
BOOST_DESCRIBE_STRUCT(exec_output, (), (session, out, err, next_cursor, truncated, running, exit, duration))

// Text messages beside the bytes of a terminal. To the daemon: resize, signal. From it: attached, resized,
// viewers, exited.
enum class terminal_message_kind : std::uint8_t { attached, resize, resized, signal, viewers, exited };
BOOST_DESCRIBE_ENUM(terminal_message_kind, attached, resize, resized, signal, viewers, exited)

struct terminal_message {
  terminal_message_kind type = terminal_message_kind::attached;
  std::string session;
  std::optional<wire::terminal_size> size;
  std::string signal;
  std::optional<std::uint32_t> viewers;
  std::optional<wire::exit_told> exit;
};
BOOST_DESCRIBE_STRUCT(terminal_message, (), (type, session, size, signal, viewers, exit))

}  // namespace ostler::operations

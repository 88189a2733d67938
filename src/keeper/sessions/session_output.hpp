// What carries the output of a session to its log and to those who watch, and their input to it.
//
// Two kinds: the pipes of a command (exec_output.hpp) and a terminal (terminal_output.hpp). Both read until
// nobody holds the other end any more, or until they are told that nothing further is wanted; what they have
// read can be asked for afterwards.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "keeper/logs/lent_memory.hpp"
#include "keeper/logs/log_store.hpp"
#include "keeper/loop/loop.hpp"
#include "keeper/serve/connection.hpp"
#include "keeper/sessions/hand_over.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::keeper {

// All of it outlives the output.
struct output_needs {
  loop* on;
  lent_memory* buffer;
  log_store* log;
  // Everything was read. Nothing of the session may be destroyed by either call.
  std::function<void()> at_end;
  // sweep() is to be called when nobody is in the middle of anything.
  std::function<void()> later;
};

class session_output {
 public:
  session_output() = default;
  session_output(session_output const&) = delete;
  session_output& operator=(session_output const&) = delete;
  virtual ~session_output() = default;

  virtual result<void> attach(connection& by, wire::session_attach const& how) = 0;
  virtual result<void> resize(connection const& by, wire::terminal_size size) = 0;
  // Sends everybody away. The session goes on, and its input stays open.
  virtual void detach(error const& why) = 0;
  virtual bool at_end() const = 0;
  // Takes what lies ready, and lets go of the other end.
  virtual void finish() = 0;
  virtual int viewers() const = 0;
  // Lets go of those who are gone.
  virtual void sweep() = 0;
  // Gives up the descriptors and what is kept in memory.
  virtual void hand_over(handed_session& to) = 0;
};

// A stream of the client, or none for number 0.
result<std::unique_ptr<channel>> open_stream(connection& of, std::uint32_t number);

}  // namespace ostler::keeper

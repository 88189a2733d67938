// A program that is an agent of the daemon: it registers, sends heartbeats, takes work and answers. Blocks
// like all of the client, and starts no thread.
//
//   auto self = client::agent::connect(where, {.name = "reviewer"});
//   while (auto const work = self->receive(-1ms))
//     if (*work) self->send({.session = (*work)->session, .content = {answer_to((*work)->content.text)}});
//
// Heartbeats are sent while it receives. Who works long without receiving calls beat() in between; who does
// neither is silent, and the daemon gives it up, as it should with a program that hangs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "client/websocket.hpp"
#include "operations/agent_values.hpp"
#include "whereabouts/whereabouts.hpp"

namespace ostler::client {

struct agent_options {
  std::string name;
  std::string version;
  std::vector<std::string> capabilities;
  // A connection that is lost is dialled again, so often, with growing waits between.
  bool auto_reconnect = true;
  int attempts = 5;
  milliseconds retry_first{1s};
  milliseconds retry_max{30s};
  // Of the connection and the answer to the registration.
  milliseconds limit{10s};
  // When this becomes readable, waits end. -1 for none.
  int stop_fd = -1;
};

class agent {
 public:
  // Registered when it succeeds. A daemon that refuses says why in the message.
  static result<agent> connect(whereabouts::daemon_address const& where, agent_options options);

  // The same over reconnections.
  std::string const& id() const { return registered_.id; }
  milliseconds heartbeat_interval() const { return registered_.heartbeat_interval; }

  // The next message; nothing when the limit (negative: none) is over or stop_fd is readable. Connects again
  // by itself. link_lost when it is not to, or could not; cancelled when the daemon stopped it.
  result<std::optional<operations::agent_message>> receive(milliseconds limit);
  // What is said while the connection is lost is refused: nobody would know whether it arrived.
  result<void> send(operations::agent_message const& what);
  result<void> report_error(std::string const& message);
  // A heartbeat, if one is due.
  result<void> beat();
  // The agent is gone for the daemon; nothing can be received or sent any more.
  result<void> unregister();

 private:
  agent(whereabouts::daemon_address where, agent_options options);
  result<void> dial();
  result<void> await_registered();
  // After a loss: until it is registered again, with the attempts that are left.
  result<void> dial_again(error const& why);
  result<std::optional<operations::agent_message>> receive_now();
  result<woken> wait(std::optional<instant> end);
  result<void> say(std::string_view text);

  whereabouts::daemon_address where_;
  agent_options options_;
  operations::agent_registered registered_;
  // None while the connection is lost.
  std::optional<websocket> socket_;
  instant beat_due_{};
};

}  // namespace ostler::client

// The door: takes connections at its listeners and answers what is asked with what is bound.
//
// It lives on the loop of its home. It holds nothing that must not be lost: who asked and got no answer asks
// again, with the same key if it was a change.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "async/scope.hpp"
#include "async/task.hpp"
#include "base/result.hpp"
#include "control/bindings.hpp"
#include "control/door_counts.hpp"
#include "control/guard.hpp"
#include "control/kept_keys.hpp"
#include "control/limits.hpp"
#include "control/listeners.hpp"
#include "control/tokens.hpp"

namespace ostler::control {

class server {
 public:
  // `answers` must have nothing missing, and outlives the server. `find` says which instance a text names,
  // for tokens of one instance; those of instances that it does not know are good for nothing. `report` hears
  // of mistakes of ours.
  server(async::home where, bindings& answers, limits numbers, instance_finder find,
         async::scope::reporter report);
  server(server const&) = delete;
  server& operator=(server const&) = delete;
  // Closed before, or never opened.
  ~server();

  // Begins to take connections. Once.
  void open(std::vector<listener> listeners);
  // Refuses new ones, lets what is asked be answered within the grace, closes WebSockets in good order, and
  // ends what is left then. Once, if opened.
  async::task<void> close(milliseconds grace);

  // From now on. Connections that are open are judged anew with each request; WebSockets and answers that go
  // on end when the token that they were opened with is not there any more, or allows something else.
  void use_tokens(token_book tokens);
  // What was opened with a token of that instance ends.
  void instance_gone(instance_id const& which);
  token_book const& tokens() const;

  // Before it is opened: what earlier daemons kept of request keys, and who keeps them from now on. Without
  // it they are known for as long as the server lives.
  void keep_request_keys(std::vector<kept_record> earlier, key_keeper where);

  door_counts const& counts() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace ostler::control

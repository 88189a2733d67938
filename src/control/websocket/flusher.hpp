// Sends what was queued, once the present turn of the loop is over: sixteen events that are told in one turn
// go to each listener in one write.
#pragma once

#include <vector>

#include "async/bell.hpp"
#include "async/task.hpp"

namespace ostler::control::websocket {

class link;

class flusher {
 public:
  explicit flusher(async::home const& where) : filled_(where) {}

  // Each at most once until it was flushed.
  void add(link& one);
  // A link that goes away.
  void forget(link& one);
  // Until it is cancelled.
  async::task<void> run();

 private:
  std::vector<link*> waiting_;
  // Those of the present round, so that one can leave in the middle of it.
  std::vector<link*> round_;
  async::bell filled_;
};

}  // namespace ostler::control::websocket

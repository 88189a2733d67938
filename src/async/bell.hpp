// Wakes coroutines that wait for something to become so.
//
// It carries no state: who waits looks at what it waits for, then listens, then looks again. Nothing is lost,
// because nothing else runs between the look and the listening.
#pragma once

#include <memory>

#include "async/task.hpp"

namespace ostler::async {

class bell {
 public:
  explicit bell(home const& where);
  bell(bell const&) = delete;
  bell& operator=(bell const&) = delete;
  // With nobody listening.
  ~bell();

  // Wakes all that listen now.
  void ring();
  // Until the next ring. Throws when it was cancelled, also where awaits do not throw by themselves: who
  // loops on it would never end.
  task<void> heard();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace ostler::async

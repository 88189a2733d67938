// Looks at all connections from time to time, and ends those whose time is up. One timer for all, because a
// timer for each of ten thousand connections costs more than what it guards; the price is that a deadline is
// heard up to one period late.
#pragma once

#include <set>

#include "async/task.hpp"
#include "base/id.hpp"
#include "base/instant.hpp"

namespace ostler::control {

class watched {
 public:
  watched() = default;
  watched(watched const&) = delete;
  watched& operator=(watched const&) = delete;
  virtual ~watched() = default;
  // May end its connection, and must not destroy any.
  virtual void look(instant now) = 0;
  // We are leaving: end as soon as it can be done in good order.
  virtual void leave() = 0;
  // The tokens are others now, or an instance is gone: whoever was let in for long may have lost the right.
  virtual void judge() = 0;
  // Only what is there for that instance is judged.
  virtual void instance_gone(instance_id const& which) = 0;
};

class sweeper {
 public:
  explicit sweeper(milliseconds period) : period_(period) {}

  void add(watched& one) { all_.insert(&one); }
  void remove(watched& one) { all_.erase(&one); }
  void ask_to_leave();
  void judge();
  void instance_gone(instance_id const& which);
  // Until it is cancelled.
  async::task<void> run();

 private:
  milliseconds period_;
  std::set<watched*> all_;
};

}  // namespace ostler::control

// A job that is done in small pieces between everything else that the keeper has to do.
#pragma once

#include <utility>

#include "keeper/loop/loop.hpp"
#include "keeper/serve/connection.hpp"

namespace ostler::keeper {

class stepping_job : public job {
 public:
  bool finished() const final { return finished_; }

 protected:
  stepping_job(loop& on, connection& from) : from_(from), turn_(on, [this] { take_turn(); }) {}

  // One bounded piece. `wait` until go_on() is called.
  enum class then : std::uint8_t { again, wait, done };
  virtual then step() = 0;
  void go_on() {
    if (!finished_) turn_.set(instant{});
  }
  void finish() {
    if (std::exchange(finished_, true)) return;
    turn_.clear();
    from_.attend();
  }

 private:
  void take_turn() {
    switch (step()) {
      case then::again: return go_on();
      case then::wait: return;
      case then::done: return finish();
    }
  }

  connection& from_;
  alarm turn_;
  bool finished_ = false;
};

}  // namespace ostler::keeper

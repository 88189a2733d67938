// One look at a service: does it answer now? Whoever runs the service says when to look, and what a "no"
// means.
//
// Each kind has a limit of its own, because what is looked at can hang, drip, or lie. None blocks, and each
// tells in words why the answer was no.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/instant.hpp"
#include "keeper/loop/loop.hpp"

namespace ostler::keeper {

struct look_result {
  bool holds = false;
  // Who listens there though it is none of ours: 0 nobody does, -1 somebody unknown.
  std::int64_t stranger_pid = 0;
  // One line; empty when it holds.
  std::string why;
};

class look {
 public:
  virtual ~look() = default;
  look(look const&) = delete;
  look& operator=(look const&) = delete;

  // `done` is called once, from the loop and never from within begin(); it may destroy the look or begin
  // again. One that is under way is given up first.
  virtual void begin(std::function<void(look_result)> done) = 0;
  // `done` will not be called; nothing is left of what was under way.
  virtual void give_up() = 0;

 protected:
  look() = default;
};

// What all kinds share: the limit, and the one answer.
class limited_look : public look {
 public:
  void begin(std::function<void(look_result)> done) final;
  void give_up() final;

 protected:
  limited_look(loop& on, milliseconds limit);

  // May call finish() at once.
  virtual void start() = 0;
  // Lets go of all that start() took. Also called when nothing is under way.
  virtual void stop() = 0;
  // "http://127.0.0.1:80/ has not answered", for when the limit is reached.
  virtual std::string waited_for() const = 0;

  void finish(look_result answer);
  void finish_yes() { finish({.holds = true}); }
  void finish_no(std::string why) { finish({.why = std::move(why)}); }

 private:
  void due();

  milliseconds limit_;
  std::function<void(look_result)> done_;
  // Waits for the next turn of the loop.
  std::optional<look_result> answer_;
  alarm timer_;
};

}  // namespace ostler::keeper

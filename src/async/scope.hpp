// Owns coroutines: each has a name, each is awaited before the scope ends, and what one throws is reported.
//
// Closing is: refuse new ones, ask those that run (cancellation `total`, heard by whoever enabled it), wait
// for the grace, insist (`terminal`, heard by all that await something of Asio), wait until none is left. A
// scope that is destroyed while something of it runs would leave frames that point to what is gone: that is a
// mistake of ours, and stops the program.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/task.hpp"
#include "base/instant.hpp"

namespace ostler::async {

// Ends one coroutine of a scope before the others. Nothing happens when it has ended by itself.
class stopper {
 public:
  stopper() = default;
  // What it awaits of Asio ends as cancelled, in this turn or a later one.
  void stop();

 private:
  friend class scope;
  struct running;
  explicit stopper(std::weak_ptr<running> one) : one_(std::move(one)) {}
  std::weak_ptr<running> one_;
};

class scope {
 public:
  // Called once; what it captures lives as long as the coroutine.
  using work = std::move_only_function<task<void>()>;
  // Hears of what ended by an exception. A cancelled coroutine has not failed and is not reported.
  using reporter = std::function<void(std::string_view name, std::exception_ptr why)>;

  scope(home where, reporter report);
  scope(scope const&) = delete;
  scope& operator=(scope const&) = delete;
  ~scope();

  // False once the scope is being closed; nothing was started then.
  [[nodiscard]] bool spawn(std::string name, work todo);
  // Nothing once the scope is being closed. It may have begun, and even ended, when this returns.
  [[nodiscard]] std::optional<stopper> spawn_stoppable(std::string name, work todo);
  // Goes through even when the caller is cancelled meanwhile; one that was cancelled before must have turned
  // throw_if_cancelled off, or no await of his takes place at all. May be awaited by several, but by none of
  // its own.
  task<void> close(milliseconds grace);

  std::size_t size() const;
  // Of those that run, for whoever asks why it takes so long.
  std::vector<std::string> names() const;
  bool closing() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace ostler::async

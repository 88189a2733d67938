// All instances as they are, kept up to date by what the daemon tells, over losses of the connection. For
// verbs that wait: they look, and are woken when something has changed, when time has passed, or by Ctrl-C.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cli/verbs/context.hpp"
#include "client/websocket.hpp"
#include "operations/event_values.hpp"

namespace ostler::cli {

enum class watch_news : std::uint8_t { changed, time_over, stopped };

class instance_watch {
 public:
  // What is there is known when it returns.
  static result<instance_watch> begin(context& with);

  std::vector<operations::instance> const& all() const { return all_; }
  // Null when there is none of this name (any more).
  operations::instance const* find(std::string_view name) const;
  // A limit below zero: none. Ends with an error when nobody has answered for too long.
  result<watch_news> next(milliseconds limit);

 private:
  explicit instance_watch(context& with) : with_(&with) {}

  result<void> open();
  // False while nothing has come.
  result<bool> take_what_came();
  result<void> hear(std::string const& message);
  void hear_update(operations::lifecycle_update update);
  // Dials until it is answered; false when it was stopped.
  result<bool> open_again(error const& why);

  // Outlives this.
  context* with_;
  std::optional<client::websocket> socket_;
  std::vector<operations::instance> all_;
};

}  // namespace ostler::cli

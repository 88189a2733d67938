// Services of a running instance, as their keeper has them, and put up and down by it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "answers/asked.hpp"

namespace ostler::answers {

enum class service_act : std::uint8_t { start, stop, restart };

struct service_order {
  service_act act = service_act::start;
  std::vector<std::string> services;
  // Instead of their own.
  std::optional<milliseconds> grace;
  // For how long it may take until all of them are where they are to be.
  milliseconds wait{};
};

// service_unknown when it has no such service; what the keeper refuses, as it says it. Not in time is no
// error: the answer tells how it is then.
task<result<operations::instance>> order_services(answer_needs const* needs, instance_id id,
                                                  service_order given);

// What only the keeper knows of them (pids, exits, what they say of themselves), when it can be asked and
// answers soon; else they stay as they are.
task<void> ask_keeper(answer_needs const* needs, instance_id id, std::vector<operations::service>* into);
// Of all of them, and whether the limits of the whole hold.
task<void> ask_keeper(answer_needs const* needs, operations::instance* into);

}  // namespace ostler::answers

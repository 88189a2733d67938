// Services of a running instance, put up and down by its keeper.
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

}  // namespace ostler::answers

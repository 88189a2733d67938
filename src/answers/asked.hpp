// What every answer begins with: which instance is meant, whether the caller may see it, whether its keeper
// is reached, and how long to wait for what was begun.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "answers/answers.hpp"
#include "answers/told.hpp"
#include "control/caller.hpp"

namespace ostler::answers {

told_at told_now(answer_needs const* needs);
operations::instance told_now(answer_needs const* needs, lifecycle::instance const& it);

// By id or by name, as kept. To a caller that may not see it, it does not exist. Never null; good until the
// next await.
result<lifecycle::instance const*> find_instance(answer_needs const* needs, std::string_view id_or_name,
                                                 control::caller const& who);
// service_unknown, with the names there are, when one of them is no service of it.
result<void> check_services_of(lifecycle::instance const& it, std::vector<std::string> const& names);

using keeper_ptr = std::shared_ptr<supervisor::keeper_client>;
// link_failed when it is on its way up or its keeper is not reached just now; invalid_state when it does not
// run.
result<keeper_ptr> keeper_of(answer_needs const* needs, lifecycle::instance const& it);

struct reached {
  instance_id id;
  std::string name;
  keeper_ptr keeper;
};
// Both of the above.
result<reached> reach(answer_needs const* needs, std::string_view id_or_name, control::caller const& who);

// Looks at it now and after each of its events; null when it is gone. Says whether it was so in time.
using condition = std::function<bool(lifecycle::instance const*)>;
task<bool> wait_until(answer_needs const* needs, instance_id id, milliseconds limit, condition holds);

}  // namespace ostler::answers

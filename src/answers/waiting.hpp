// What can be waited for, and the wait.
#pragma once

#include "answers/answers.hpp"
#include "answers/asked.hpp"
#include "operations/instance_operations.hpp"

namespace ostler::answers {

// "ready", "running", "stopped", "error", "attention", "deleted", "service:web"; null when it is gone.
bool holds(std::string_view condition, lifecycle::instance const* it);

task<result<operations::instance_waited>> wait_for(answer_needs const* needs, operations::instance_wait asked,
                                                   control::caller who);

}  // namespace ostler::answers

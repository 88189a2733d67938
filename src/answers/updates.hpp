// Changes what an instance is to be.
#pragma once

#include "answers/answers.hpp"
#include "operations/instance_operations.hpp"

namespace ostler::answers {

task<result<operations::instance_changed>> update_instance(answer_needs const* needs,
                                                           operations::instance_change asked,
                                                           control::caller who);

}  // namespace ostler::answers

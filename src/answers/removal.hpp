// Deletes an instance, unless work would be lost that exists nowhere else.
#pragma once

#include <optional>
#include <string>

#include "answers/answers.hpp"
#include "operations/instance_operations.hpp"

namespace ostler::answers {

task<result<operations::instance>> delete_instance(answer_needs const* needs,
                                                   operations::instance_removal asked, control::caller who);

// What the look at a workspace printed: a line for each thing that would be lost, then `end`. Nothing when
// nothing would be; work_would_be_lost else, also when the look did not come to its end.
result<void> judge_look(std::string const& instance, std::string const& printed);

}  // namespace ostler::answers

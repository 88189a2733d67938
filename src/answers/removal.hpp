// Deletes an instance, unless work would be lost that exists nowhere else.
#pragma once

#include <optional>
#include <string>

#include "answers/answers.hpp"
#include "operations/instance_operations.hpp"
#include "wire/work.hpp"

namespace ostler::answers {

task<result<operations::instance>> delete_instance(answer_needs const* needs,
                                                   operations::instance_removal asked, control::caller who);

// What a look at the workspace found, as an answer to whoever wants to delete it: work_would_be_lost with the
// first of it, or nothing when nothing would be.
result<void> judge_look(std::string const& instance, wire::work_found const& found);

}  // namespace ostler::answers

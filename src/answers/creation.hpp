// Makes an instance of what was asked for, or finds the equal one that is there.
#pragma once

#include "answers/answers.hpp"
#include "operations/instance_operations.hpp"

namespace ostler::answers {

task<result<operations::instance_made>> create_instance(answer_needs const* needs,
                                                        operations::instance_new asked, control::caller who);

// Whether its place can be had.
task<result<void>> ask_provider(answer_needs const* needs, instance_id id, lifecycle::instance_spec spec);

// "My Project!" becomes "my-project"; a word of its own when nothing is left.
std::string name_from(std::string_view project);

}  // namespace ostler::answers

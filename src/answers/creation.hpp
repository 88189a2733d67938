// Makes an instance of what was asked for, or finds the equal one that is there.
#pragma once

#include "answers/answers.hpp"
#include "operations/instance_operations.hpp"

namespace ostler::answers {

task<result<operations::instance_made>> create_instance(answer_needs const* needs,
                                                        operations::instance_new asked, control::caller who);

// In which parts two specs differ, as words: "provider", "services". Ports that we chose ourselves are no
// difference.
std::vector<std::string> differences(lifecycle::instance_spec const& one,
                                     lifecycle::instance_spec const& other);

// "My Project!" becomes "my-project"; a word of its own when nothing is left.
std::string name_from(std::string_view project);

}  // namespace ostler::answers

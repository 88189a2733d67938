// What `up` does about an instance that is there already: finds what differs, says so, and has it changed.
// Services that differ start anew by themselves; what only a restart of the whole brings into force is
// followed by one, unless it is not wanted.
#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/verbs/context.hpp"
#include "operations/instance_operations.hpp"

namespace ostler::cli {

struct planned_instance {
  std::string name;
  // Of the two, what is to be done; neither when it is as it is asked for.
  std::optional<operations::instance_new> create;
  std::optional<operations::instance_changed> change;
};
BOOST_DESCRIBE_STRUCT(planned_instance, (), (name, create, change))

// Only the daemon knows what is there: without one it is started, as for every other question.
result<planned_instance> plan_for(context& with, operations::instance_new const& wanted);
// "+ create", "~ restart", "- remove", each with what it is about.
std::vector<std::string> plan_lines(planned_instance const& what);

// `refusal` is what the daemon said to a request that it be made.
result<operations::instance_made> bring_up_to_date(context& with, operations::instance_new const& wanted,
                                                   error const& refusal);
result<operations::instance> restart_whole(context& with, std::string const& name);

}  // namespace ostler::cli

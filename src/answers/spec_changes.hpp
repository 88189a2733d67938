// What lies between two specs of one instance: what becomes of its services, and what only a restart of all
// of it brings into force. Pure.
#pragma once

#include <string>
#include <vector>

#include "lifecycle/instance/instance.hpp"
#include "operations/instance_operations.hpp"
#include "supervisor/instance_plan.hpp"

namespace ostler::answers {

// The wish that an instance was made of, to be changed and put again.
result<supervisor::instance_wish> wish_of(lifecycle::instance_spec const& spec);
// What the request gives takes the place of what there was.
void change(supervisor::instance_wish& wish, operations::instance_change const& asked);
// What can be refused before anything is kept: services that need each other in a circle, and names in
// `optional_services` and `open` that no service has.
result<void> check_wish(supervisor::instance_wish const& wish);

// The names of what differs; ports that the fleet has chosen do not count.
std::vector<std::string> differences(lifecycle::instance_spec const& one,
                                     lifecycle::instance_spec const& other);
std::vector<operations::service_change> service_changes(supervisor::instance_plan const& before,
                                                        supervisor::instance_plan const& after);
// Of the names that differences() gives.
std::vector<std::string> needing_restart(std::vector<std::string> const& differing);

}  // namespace ostler::answers

// Values of the lifecycle in the words that are told outside. Pure; what time it is, is handed in.
//
// Sentences are taken as the lifecycle says them, byte for byte, so that every view shows the same.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lifecycle/fleet/fleet.hpp"
#include "operations/event_values.hpp"
#include "operations/instance_values.hpp"
#include "operations/provider_values.hpp"
#include "supervisor/instance_plan.hpp"

namespace ostler::answers {

struct told_at {
  instant now{};
  wall_time wall{};
  // How often a link that was lost is tried again.
  int reconnect_attempts = 0;
};

operations::instance told(lifecycle::instance const& it, told_at const& at);
// As it was at the end.
operations::instance told_deleted(lifecycle::instance it, told_at const& at);
operations::service_map map_of(lifecycle::instance const& it, wall_time wall);
operations::event told(lifecycle::fleet_event const& happened);
operations::resource told(lifecycle::instance const& owner, lifecycle::resource const& entry,
                          told_at const& at);
operations::leak told(lifecycle::leak const& found);

// The services of an instance, in the order in which they were given.
std::vector<operations::service> services_of(lifecycle::instance const& it);
// With what only its keeper knows.
void enrich(operations::service& out, wire::service_status const& status);
// Of the whole it is to have those limits.
void enrich(operations::instance& out, wire::limits_spec const& wanted, wire::keeper_status const& status);

// As the keeper told it last; null while nobody has heard of it.
lifecycle::service_view const* view_of(lifecycle::instance const& it, std::string_view service);
// Null when the instance has no such service.
lifecycle::service_spec const* spec_of(lifecycle::instance const& it, std::string_view service);
operations::service_state state_of(lifecycle::service_view const& view);
// Running, and each required service is ready, or done when it is a task.
bool is_ready(lifecycle::instance const& it);
bool is_ready(lifecycle::service_view const& view, lifecycle::service_spec const& spec);

}  // namespace ostler::answers

#include "supervisor/instance_plan.hpp"

#include <algorithm>
#include <utility>

#include "wire/json.hpp"

namespace ostler::supervisor {

std::string write_plan(instance_plan const& plan) { return wire::to_json(plan); }

result<instance_plan> read_plan(std::string_view text) { return wire::from_json<instance_plan>(text); }

lifecycle::instance_spec spec_of(instance_wish wish) {
  lifecycle::instance_spec spec{.name = std::move(wish.name),
                                .provider = std::move(wish.provider),
                                .project = std::move(wish.project),
                                .services = {},
                                .after_connected_hook = !wish.plan.after_connected.empty(),
                                .before_close_hook = !wish.plan.before_close.empty(),
                                .keep_on_error = wish.keep_on_error,
                                .settings = write_plan(wish.plan)};
  for (auto const& each : wish.plan.services)
    spec.services.push_back(
        {.name = each.name,
         .port_wanted = each.port.kind == wire::port_kind::automatic,
         .port = each.port.kind == wire::port_kind::fixed ? each.port.number : std::uint16_t{0},
         // What does not start by itself is nothing to wait for.
         .required = each.autostart && std::ranges::find(wish.plan.optional_services, each.name) ==
                                           wish.plan.optional_services.end(),
         .task = each.kind == wire::service_kind_told::task,
         .open = each.name == wish.plan.open});
  return spec;
}

std::vector<wire::service_spec> with_defaults(instance_plan const& plan) {
  auto services = plan.services;
  for (auto& service : services)
    if (service.limits.open_files == 0) service.limits.open_files = plan.limits.open_files;
  return services;
}

std::vector<wire::service_spec> services_of(lifecycle::instance const& it, instance_plan const& plan) {
  auto services = with_defaults(plan);
  for (auto& service : services) {
    // The daemon's own business: a change of it is no reason to start the service anew.
    service.websocket.clear();
    service.heartbeat = {};
    auto const leased = std::ranges::find(it.spec.services, service.name, &lifecycle::service_spec::name);
    if (service.port.kind == wire::port_kind::automatic && leased != it.spec.services.end() &&
        leased->port != 0)
      service.port = {.kind = wire::port_kind::fixed, .number = leased->port};
  }
  return services;
}

wire::keeper_spec keeper_spec_of(lifecycle::instance const& it, instance_plan const& plan,
                                 std::uint32_t generation) {
  wire::keeper_spec spec{.instance = it.id.text(),
                         .name = it.spec.name,
                         .project = it.spec.project,
                         .generation = generation,
                         .token = {},
                         .workspace = {},
                         .env = plan.env,
                         .env_files = plan.env_files,
                         .services = services_of(it, plan),
                         .limits = plan.limits,
                         .containment = {}};
  for (auto& service : spec.services) service.autostart = false;
  return spec;
}

std::vector<std::string> services_to_start(instance_plan const& plan) {
  std::vector<std::string> names;
  for (auto const& each : plan.services)
    if (each.autostart) names.push_back(each.name);
  return names;
}

}  // namespace ostler::supervisor

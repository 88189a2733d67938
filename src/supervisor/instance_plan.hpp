// What is to be in an instance, as it was asked for: kept with it, unread by the lifecycle, and made into the
// spec of each keeper.
#pragma once

#include <boost/describe.hpp>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "lifecycle/instance/instance.hpp"
#include "wire/keeper_spec.hpp"

namespace ostler::supervisor {

struct instance_plan {
  int version = 1;
  std::vector<wire::service_spec> services;
  // "NAME=value", for everything that runs in it.
  std::vector<std::string> env;
  std::vector<std::string> env_files;
  // Lines for /bin/sh, one after the other.
  std::vector<std::string> after_connected;
  std::vector<std::string> before_close;
  // Brought into a workspace that is made new; relative to the project.
  std::vector<std::string> copy;
  // Of all that runs in it together.
  wire::limits_spec limits;
  // The service whose URL is shown first.
  std::string open;
  // Services that it is ready without.
  std::vector<std::string> optional_services;
  std::string from;
  std::string branch;
  // The provider's own, as JSON; empty for its defaults.
  std::string settings;
};
BOOST_DESCRIBE_STRUCT(instance_plan, (),
                      (version, services, env, env_files, after_connected, before_close, copy, limits, open,
                       optional_services, from, branch, settings))

std::string write_plan(instance_plan const& plan);
result<instance_plan> read_plan(std::string_view text);

struct instance_wish {
  std::string name;
  std::string provider;
  std::string project;
  bool keep_on_error = false;
  instance_plan plan;
};
// What the lifecycle has to know of it.
lifecycle::instance_spec spec_of(instance_wish wish);

// Each with what the whole says for those that say nothing. The other limits of the whole hold for all
// services together, and change nothing of any one of them.
std::vector<wire::service_spec> with_defaults(instance_plan const& plan);
// With the ports that the fleet has leased.
std::vector<wire::service_spec> services_of(lifecycle::instance const& it, instance_plan const& plan);
// For the keeper of that generation. Nothing starts by itself:
// what runs after the connection comes before the services, so starting them is an order.
wire::keeper_spec keeper_spec_of(lifecycle::instance const& it, instance_plan const& plan,
                                 std::uint32_t generation);
// Those that an order to start all of them means.
std::vector<std::string> services_to_start(instance_plan const& plan);

}  // namespace ostler::supervisor

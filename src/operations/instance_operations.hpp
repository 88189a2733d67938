// What can be asked about instances and their services.
//
// Changes are answered as soon as they are kept: the answer is the instance as it is then, usually on its
// way. Whoever wants to hear of the end gives `wait`, asks instances.wait, or subscribes to the events.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "operations/instance_values.hpp"
#include "operations/operation.hpp"
#include "wire/keeper_spec.hpp"

namespace ostler::operations {

struct instance_named {
  std::string instance;
};
BOOST_DESCRIBE_STRUCT(instance_named, (), (instance))

struct instance_filter {
  std::vector<instance_state> state;
  std::vector<std::string> provider;
  std::vector<std::string> project;
  std::vector<attention_kind> attention;
  std::string name;
  std::uint32_t limit = 1000;
  std::string after;
};
BOOST_DESCRIBE_STRUCT(instance_filter, (), (state, provider, project, attention, name, limit, after))

struct instance_new {
  std::string name;
  std::string provider;
  std::string project;
  std::string from;
  std::string branch;
  std::vector<wire::service_spec> services;
  std::vector<std::string> env;
  std::vector<std::string> env_files;
  std::vector<std::string> after_connected;
  std::vector<std::string> before_close;
  // Of the project, below it: brought into a workspace that is made new.
  std::vector<std::string> copy;
  wire::limits_spec limits;
  // The service whose URL is shown first.
  std::string open;
  // Those that the instance is ready without.
  std::vector<std::string> optional_services;
  bool keep_on_error = true;
  bool start = true;
  unread_json settings;
  milliseconds wait{};
};
BOOST_DESCRIBE_STRUCT(instance_new, (),
                      (name, provider, project, from, branch, services, env, env_files, after_connected,
                       before_close, copy, limits, open, optional_services, keep_on_error, start, settings,
                       wait))

struct instance_made {
  operations::instance instance;
  // False: there was an equal one already.
  bool created = false;
  bool ready = false;
  std::vector<std::string> warnings;
};
BOOST_DESCRIBE_STRUCT(instance_made, (), (instance, created, ready, warnings))

// What is not given stays as it is.
struct instance_change {
  std::string instance;
  std::optional<std::vector<wire::service_spec>> services;
  std::optional<std::vector<std::string>> env;
  std::optional<std::vector<std::string>> env_files;
  std::optional<std::vector<std::string>> after_connected;
  std::optional<std::vector<std::string>> before_close;
  std::optional<std::vector<std::string>> copy;
  std::optional<wire::limits_spec> limits;
  std::optional<std::string> open;
  std::optional<std::vector<std::string>> optional_services;
  std::optional<bool> keep_on_error;
  std::optional<unread_json> settings;
  std::optional<attention_kind> attention;
  std::string attention_text;
  // Only say what would be changed.
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(instance_change, (),
                      (instance, services, env, env_files, after_connected, before_close, copy, limits, open,
                       optional_services, keep_on_error, settings, attention, attention_text, dry_run))

enum class service_change_kind : std::uint8_t { create, restart, remove };
BOOST_DESCRIBE_ENUM(service_change_kind, create, restart, remove)

struct service_change {
  std::string service;
  service_change_kind what = service_change_kind::create;
};
BOOST_DESCRIBE_STRUCT(service_change, (), (service, what))

struct instance_changed {
  operations::instance instance;
  bool changed = false;
  // What becomes of its services; those that are not named are not touched.
  std::vector<service_change> services;
  // What else differs, and is in force only when the instance is started the next time.
  std::vector<std::string> needs_restart;
  std::vector<std::string> warnings;
};
BOOST_DESCRIBE_STRUCT(instance_changed, (), (instance, changed, services, needs_restart, warnings))

struct instance_removal {
  std::string instance;
  bool force = false;
  bool delete_branch = false;
  std::string confirm;
  milliseconds wait{};
};
BOOST_DESCRIBE_STRUCT(instance_removal, (), (instance, force, delete_branch, confirm, wait))

struct instance_start {
  std::string instance;
  std::vector<std::string> services;
  milliseconds wait{};
};
BOOST_DESCRIBE_STRUCT(instance_start, (), (instance, services, wait))

struct instance_stop {
  std::string instance;
  std::vector<std::string> services;
  std::optional<milliseconds> grace;
  bool force = false;
  milliseconds wait{};
};
BOOST_DESCRIBE_STRUCT(instance_stop, (), (instance, services, grace, force, wait))

struct instance_wait {
  std::string instance;
  std::vector<std::string> until;
  bool any = false;
  milliseconds timeout{30s};
};
BOOST_DESCRIBE_STRUCT(instance_wait, (), (instance, until, any, timeout))

struct instance_waited {
  bool reached = false;
  operations::instance instance;
  milliseconds waited{};
};
BOOST_DESCRIBE_STRUCT(instance_waited, (), (reached, instance, waited))

struct service_start {
  std::string instance;
  std::string service;
  milliseconds wait{};
};
BOOST_DESCRIBE_STRUCT(service_start, (), (instance, service, wait))

struct service_stop {
  std::string instance;
  std::string service;
  std::optional<milliseconds> grace;
  milliseconds wait{};
};
BOOST_DESCRIBE_STRUCT(service_stop, (), (instance, service, grace, wait))

struct instances_list : operation<instance_filter, instance_list> {
  static constexpr operation_facts about{
      .name = "instances.list",
      .help = "what is running, where, and who needs you",
      .detail = "Filters of one kind are alternatives; those of different kinds must all hold.",
      .command = "ls",
      .method = http_method::get,
      .path = "/api/v1/instances",
      .tool = {.name = "instance_list",
               .set = tool_set::core,
               .read_only = true,
               .destructive = false,
               .idempotent = true,
               .open_world = false},
  };
};

struct instances_create : operation<instance_new, instance_made> {
  static constexpr operation_facts about{
      .name = "instances.create",
      .help = "create (if needed) and start an instance, wait until it is ready",
      .detail =
          "An equal instance of the same name is answered as it is, with created = false. One that "
          "differs is refused.",
      .command = "up",
      .method = http_method::post,
      .path = "/api/v1/instances",
      .kind = operation_kind::change,
      .idempotent = false,
      .key_stays = true,
      .scope = operation_scope::admin,
      .errors = codes<error_code::name_taken, error_code::ports_exhausted, error_code::limit_reached,
                      error_code::provider_unavailable, error_code::provider_unknown,
                      error_code::provider_refused, error_code::storage_full>,
      .tool = {.name = "instance_create",
               .set = tool_set::core,
               .read_only = false,
               .destructive = false,
               .idempotent = true,
               .open_world = true},
  };
};

struct instances_get : operation<instance_named, instance> {
  static constexpr operation_facts about{
      .name = "instances.get",
      .help = "one instance: state, services, what needs you, what went wrong",
      .command = "status NAME",
      .method = http_method::get,
      .path = "/api/v1/instances/{instance}",
      .scope = operation_scope::one_instance,
      .tool = {.name = "instance_get",
               .set = tool_set::core,
               .read_only = true,
               .destructive = false,
               .idempotent = true,
               .open_world = false},
  };
};

struct instances_update : operation<instance_change, instance_changed> {
  static constexpr operation_facts about{
      .name = "instances.update",
      .help = "change what an instance is to be; services that differ start anew",
      .detail =
          "Kept before anything is done. Services that are as before are not touched; what only a restart of "
          "the whole instance changes is listed in needs_restart.",
      .method = http_method::patch,
      .path = "/api/v1/instances/{instance}",
      .kind = operation_kind::change,
      .scope = operation_scope::one_instance,
      .errors = codes<error_code::invalid_state, error_code::ports_exhausted, error_code::limit_reached,
                      error_code::provider_refused, error_code::storage_full>,
  };
};

struct instances_delete : operation<instance_removal, instance> {
  static constexpr operation_facts about{
      .name = "instances.delete",
      .help = "stop an instance and remove all that was made for it; refuses when work would be lost",
      .detail =
          "The answer is the instance on its way. It is gone when the event instance.deleted says so; "
          "what could not be removed is listed by name and tried again.",
      .command = "down NAME...",
      .method = http_method::remove,
      .path = "/api/v1/instances/{instance}",
      .kind = operation_kind::destroy,
      .scope = operation_scope::admin,
      .errors = codes<error_code::work_would_be_lost, error_code::delete_incomplete, error_code::timed_out>,
      .tool = {.name = "instance_destroy",
               .set = tool_set::admin,
               .read_only = false,
               .destructive = true,
               .idempotent = true,
               .open_world = true},
  };
};

struct instances_start : operation<instance_start, instance> {
  static constexpr operation_facts about{
      .name = "instances.start",
      .help = "start an instance, or services of it",
      .command = "start NAME [SERVICE...]",
      .method = http_method::post,
      .path = "/api/v1/instances/{instance}/start",
      .kind = operation_kind::change,
      .scope = operation_scope::one_instance,
      .errors = codes<error_code::invalid_state, error_code::service_unknown,
                      error_code::provider_unavailable, error_code::limit_reached, error_code::storage_full>,
      .tool = {.name = "instance_start",
               .set = tool_set::core,
               .read_only = false,
               .destructive = false,
               .idempotent = true,
               .open_world = true},
  };
};

struct instances_stop : operation<instance_stop, instance> {
  static constexpr operation_facts about{
      .name = "instances.stop",
      .help = "stop an instance, or services of it; nothing that was made is removed",
      .command = "stop NAME [SERVICE...]",
      .method = http_method::post,
      .path = "/api/v1/instances/{instance}/stop",
      .kind = operation_kind::destroy,
      .scope = operation_scope::one_instance,
      .errors = codes<error_code::invalid_state, error_code::service_unknown, error_code::stop_incomplete>,
      .tool = {.name = "instance_stop",
               .set = tool_set::core,
               .read_only = false,
               .destructive = true,
               .idempotent = true,
               .open_world = false},
  };
};

struct instances_restart : operation<instance_stop, instance> {
  static constexpr operation_facts about{
      .name = "instances.restart",
      .help = "stop and start an instance, or services of it",
      .command = "restart NAME [SERVICE...]",
      .method = http_method::post,
      .path = "/api/v1/instances/{instance}/restart",
      .kind = operation_kind::destroy,
      .idempotent = false,
      .scope = operation_scope::one_instance,
      .errors = codes<error_code::invalid_state, error_code::service_unknown, error_code::stop_incomplete,
                      error_code::provider_unavailable, error_code::storage_full>,
  };
};

struct instances_wait : operation<instance_wait, instance_waited> {
  static constexpr operation_facts about{
      .name = "instances.wait",
      .help = "wait until an instance is as asked for, or the time is over",
      .detail = "When the time is over, the answer says reached = false; that is no error.",
      .command = "wait NAME",
      .method = http_method::get,
      .path = "/api/v1/instances/{instance}/wait",
      .scope = operation_scope::one_instance,
      .errors = codes<error_code::service_unknown>,
      .tool = {.name = "instance_wait",
               .set = tool_set::core,
               .read_only = true,
               .destructive = false,
               .idempotent = true,
               .open_world = false},
  };
};

struct services_list : operation<instance_named, service_list> {
  static constexpr operation_facts about{
      .name = "services.list",
      .help = "the services of an instance",
      .method = http_method::get,
      .path = "/api/v1/instances/{instance}/services",
      .scope = operation_scope::one_instance,
  };
};

struct services_start : operation<service_start, service> {
  static constexpr operation_facts about{
      .name = "services.start",
      .help = "start one service, and first what it needs",
      .method = http_method::post,
      .path = "/api/v1/instances/{instance}/services/{service}/start",
      .kind = operation_kind::change,
      .scope = operation_scope::one_instance,
      .asks_keeper = true,
      .errors = codes<error_code::service_unknown>,
  };
};

struct services_stop : operation<service_stop, service> {
  static constexpr operation_facts about{
      .name = "services.stop",
      .help = "stop one service, and first what needs it",
      .method = http_method::post,
      .path = "/api/v1/instances/{instance}/services/{service}/stop",
      .kind = operation_kind::destroy,
      .scope = operation_scope::one_instance,
      .asks_keeper = true,
      .errors = codes<error_code::service_unknown, error_code::stop_incomplete>,
  };
};

struct services_restart : operation<service_stop, service> {
  static constexpr operation_facts about{
      .name = "services.restart",
      .help = "stop and start one service",
      .method = http_method::post,
      .path = "/api/v1/instances/{instance}/services/{service}/restart",
      .kind = operation_kind::destroy,
      .idempotent = false,
      .scope = operation_scope::one_instance,
      .asks_keeper = true,
      .errors = codes<error_code::service_unknown, error_code::stop_incomplete>,
      .tool = {.name = "service_restart",
               .set = tool_set::core,
               .read_only = false,
               .destructive = true,
               .idempotent = false,
               .open_world = true},
  };
};

}  // namespace ostler::operations

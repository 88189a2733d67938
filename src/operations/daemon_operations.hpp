// What can be asked about providers, about what exists because of us, and about the daemon itself.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "operations/daemon_values.hpp"
#include "operations/operation.hpp"
#include "operations/provider_values.hpp"

namespace ostler::operations {

struct provider_named {
  std::string provider;
};
BOOST_DESCRIBE_STRUCT(provider_named, (), (provider))

struct resource_filter {
  std::string instance;
  std::string provider;
  std::vector<std::string> kind;
  std::vector<resource_state> state;
};
BOOST_DESCRIBE_STRUCT(resource_filter, (), (instance, provider, kind, state))

struct leak_filter {
  std::string provider;
};
BOOST_DESCRIBE_STRUCT(leak_filter, (), (provider))

struct leak_removal {
  std::string provider;
  std::string kind;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(leak_removal, (), (provider, kind, name))

struct prune_request {
  std::string provider;
  std::optional<milliseconds> older_than;
  bool dry_run = true;
};
BOOST_DESCRIBE_STRUCT(prune_request, (), (provider, older_than, dry_run))

struct doctor_request {
  std::string provider;
};
BOOST_DESCRIBE_STRUCT(doctor_request, (), (provider))

struct providers_types : operation<done, provider_type_list> {
  static constexpr operation_facts about{
      .name = "providers.types",
      .help = "the kinds of provider there are, and how each is configured",
      .method = http_method::get,
      .path = "/api/v1/provider-types",
  };
};

struct providers_list : operation<done, provider_list> {
  static constexpr operation_facts about{
      .name = "providers.list",
      .help = "the configured providers, and whether they are available",
      .command = "provider ls",
      .method = http_method::get,
      .path = "/api/v1/providers",
  };
};

struct providers_get : operation<provider_named, provider> {
  static constexpr operation_facts about{
      .name = "providers.get",
      .help = "one provider: what it can do, its limits and how much of them is used",
      .command = "provider info NAME",
      .method = http_method::get,
      .path = "/api/v1/providers/{provider}",
      .errors = codes<error_code::provider_unknown>,
  };
};

struct providers_test : operation<provider_named, doctor_report> {
  static constexpr operation_facts about{
      .name = "providers.test",
      .help = "ask a provider to show that it works",
      .command = "provider test NAME",
      .method = http_method::post,
      .path = "/api/v1/providers/{provider}/test",
      .kind = operation_kind::change,
      .idempotent = false,
      .scope = operation_scope::admin,
      .errors = codes<error_code::provider_unknown, error_code::timed_out>,
  };
};

struct resources_list : operation<resource_filter, resource_list> {
  static constexpr operation_facts about{
      .name = "resources.list",
      .help = "what exists outside because of us, as the ledger has it",
      .method = http_method::get,
      .path = "/api/v1/resources",
      .errors = codes<error_code::instance_unknown, error_code::provider_unknown>,
  };
};

struct leaks_list : operation<leak_filter, leak_list> {
  static constexpr operation_facts about{
      .name = "leaks.list",
      .help = "what bears our labels and is not in the ledger",
      .command = "leaks",
      .method = http_method::get,
      .path = "/api/v1/leaks",
      .errors = codes<error_code::provider_unknown>,
  };
};

struct leaks_remove : operation<leak_removal, removal> {
  static constexpr operation_facts about{
      .name = "leaks.remove",
      .help = "remove one leak, after looking that it is still one",
      .method = http_method::remove,
      .path = "/api/v1/leaks",
      .kind = operation_kind::destroy,
      .scope = operation_scope::admin,
      .errors = codes<error_code::leak_unknown, error_code::provider_unknown,
                      error_code::provider_unavailable, error_code::provider_failed, error_code::timed_out>,
  };
};

struct prune : operation<prune_request, removal> {
  static constexpr operation_facts about{
      .name = "prune",
      .help = "remove all leaks; first only say which",
      .command = "prune",
      .method = http_method::post,
      .path = "/api/v1/prune",
      .kind = operation_kind::destroy,
      .scope = operation_scope::admin,
      .errors = codes<error_code::provider_unknown>,
  };
};

struct status : operation<done, daemon_status> {
  static constexpr operation_facts about{
      .name = "status",
      .help = "how the daemon is",
      .command = "daemon status",
      .method = http_method::get,
      .path = "/api/v1/status",
  };
};

struct doctor : operation<doctor_request, doctor_report> {
  static constexpr operation_facts about{
      .name = "doctor",
      .help = "look at everything that is needed, and say how to mend what is missing",
      .command = "doctor",
      .method = http_method::get,
      .path = "/api/v1/doctor",
      .errors = codes<error_code::provider_unknown>,
  };
};

struct metrics : operation<done, done> {
  static constexpr operation_facts about{
      .name = "metrics",
      .help = "numbers about the daemon and its instances, for Prometheus",
      .method = http_method::get,
      .path = "/metrics",
      .transport = operation_transport::bytes_out,
      .media = "text/plain; version=0.0.4",
  };
};

struct health : operation<done, daemon_health> {
  static constexpr operation_facts about{
      .name = "health",
      .help = "whether the daemon answers and its journal takes what is written",
      .method = http_method::get,
      .path = "/health",
  };
};

struct version : operation<done, version_told> {
  static constexpr operation_facts about{
      .name = "version",
      .help = "the version of the daemon and what it can do",
      .command = "version",
      .method = http_method::get,
      .path = "/api/v1/version",
  };
};

}  // namespace ostler::operations

// Providers, and what exists outside because of us.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "base/instant.hpp"
#include "operations/error_values.hpp"
#include "operations/text_values.hpp"
#include "wire/keeper_link.hpp"

namespace ostler::operations {

struct provider_type {
  std::string type;
  std::string text;
  bool built_in = true;
  std::vector<std::string> capabilities;
  // A JSON Schema of what may be configured.
  unread_json settings_schema;
};
BOOST_DESCRIBE_STRUCT(provider_type, (), (type, text, built_in, capabilities, settings_schema))

struct provider_type_list {
  std::vector<provider_type> types;
};
BOOST_DESCRIBE_STRUCT(provider_type_list, (), (types))

struct provider_limit {
  std::string kind;
  std::int64_t used = 0;
  // None: no limit.
  std::optional<std::int64_t> most;
};
BOOST_DESCRIBE_STRUCT(provider_limit, (), (kind, used, most))

struct provider {
  std::string name;
  std::string type;
  std::string region;
  bool available = false;
  std::string message;
  bool is_default = false;
  // "none" when instances share the user with the daemon.
  std::string isolation;
  std::vector<wire::ability> abilities;
  std::vector<provider_limit> limits;
  std::uint64_t instances = 0;
};
BOOST_DESCRIBE_STRUCT(provider, (),
                      (name, type, region, available, message, is_default, isolation, abilities, limits,
                       instances))

struct provider_list {
  std::vector<provider> providers;
};
BOOST_DESCRIBE_STRUCT(provider_list, (), (providers))

// intended: written down before it is made. held: it exists. residue: it could not be removed yet.
enum class resource_state : std::uint8_t { intended, held, residue };
BOOST_DESCRIBE_ENUM(resource_state, intended, held, residue)

// An entry of the ledger.
struct resource {
  resource_id id;
  std::string instance;
  std::string provider;
  std::string kind;
  std::string name;
  std::string provider_id;
  resource_state state = resource_state::intended;
  std::uint64_t generation = 0;
  std::int64_t amount = 1;
  std::string message;
  std::optional<wall_time> next_attempt;
};
BOOST_DESCRIBE_STRUCT(resource, (),
                      (id, instance, provider, kind, name, provider_id, state, generation, amount, message,
                       next_attempt))

struct resource_list {
  std::vector<resource> resources;
};
BOOST_DESCRIBE_STRUCT(resource_list, (), (resources))

// Something that bears our labels and is not in the ledger.
struct leak {
  std::string provider;
  std::string kind;
  std::string name;
  std::string provider_id;
  wall_time seen_first{};
};
BOOST_DESCRIBE_STRUCT(leak, (), (provider, kind, name, provider_id, seen_first))

struct leak_list {
  std::vector<leak> leaks;
};
BOOST_DESCRIBE_STRUCT(leak_list, (), (leaks))

}  // namespace ostler::operations

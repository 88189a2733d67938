// What a project asks for: which provider, how a place is set up, what runs in it. The value that ostler.toml
// is read into and printed from.
//
// Services are told as the keeper is told them; what only the daemon needs to know stands beside. Texts such
// as ${OSTLER_PORT_DB} stay as they are: only the keeper knows the ports.
#pragma once

#include <array>
#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.hpp"
#include "config/node.hpp"
#include "wire/keeper_spec.hpp"

namespace ostler::config {

// From weak to strong: the later wins.
BOOST_DESCRIBE_ENUM(layer, user, project, local, environment, flags)

// Which layer a key has its value from. Line 0: it stands in no file.
struct key_origin {
  // "service.web.ready.http"
  std::string key;
  layer from = layer::project;
  std::string file;
  std::uint32_t line = 0;
};
BOOST_DESCRIBE_STRUCT(key_origin, (), (key, from, file, line))

struct setup_plan {
  // Lines for /bin/sh, one after the other; the first that fails ends it.
  std::vector<std::string> run;
  // Files that git ignores and the place needs; relative to the project.
  std::vector<std::string> copy;
};
BOOST_DESCRIBE_STRUCT(setup_plan, (), (run, copy))

struct teardown_plan {
  std::vector<std::string> run;
};
BOOST_DESCRIBE_STRUCT(teardown_plan, (), (run))

struct service : wire::service_spec {
  // Its URL is the one that is shown first.
  bool open = false;
  // The instance is not ready without it, and in error when it is.
  bool required = true;
};
BOOST_DESCRIBE_STRUCT(service, (wire::service_spec), (open, required))

// Run in a terminal of each instance. Agents that are servers are services.
struct agent_plan {
  std::vector<std::string> command;
  bool shell = false;
};
BOOST_DESCRIBE_STRUCT(agent_plan, (), (command, shell))

// What only that provider reads.
struct provider_table {
  std::string name;
  // An object.
  std::string json;
};
BOOST_DESCRIBE_STRUCT(provider_table, (), (name, json))

inline constexpr std::array<std::string_view, 2> env_files_preset{".env", ".env.local"};

struct project {
  int version = 1;
  // "": whoever starts an instance decides.
  std::string provider;
  setup_plan setup;
  teardown_plan teardown;
  // "NAME=value", for everything that runs in the place.
  std::vector<std::string> env;
  // Nothing: those of env_files_preset that are there. What is named must be there: the keeper starts nothing
  // without it.
  std::optional<std::vector<std::string>> env_files;
  std::vector<service> services;
  std::optional<agent_plan> agent;
  // Of the whole instance.
  wire::limits_spec limits;
  std::vector<provider_table> provider_tables;
  // Of every key that is set, by key.
  std::vector<key_origin> origins;
};
BOOST_DESCRIBE_STRUCT(project, (),
                      (version, provider, setup, teardown, env, env_files, services, agent, limits,
                       provider_tables, origins))

}  // namespace ostler::config

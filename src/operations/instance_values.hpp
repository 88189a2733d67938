// An instance as it is told outside: what is wanted, what is, and the daemon's one sentence for it.
//
// `state` is a closed set; `phase` may grow without breaking anyone and is therefore a text.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "base/instant.hpp"
#include "operations/error_values.hpp"
#include "operations/service_values.hpp"

namespace ostler::operations {

enum class instance_state : std::uint8_t { defined, starting, running, stopping, stopped, failed, deleted };
BOOST_DESCRIBE_ENUM(instance_state, defined, starting, running, stopping, stopped, failed, deleted)

enum class instance_wanted : std::uint8_t { running, stopped, deleted };
BOOST_DESCRIBE_ENUM(instance_wanted, running, stopped, deleted)

enum class instance_health : std::uint8_t { healthy, degraded, error, unknown };
BOOST_DESCRIBE_ENUM(instance_health, healthy, degraded, error, unknown)

enum class attention_kind : std::uint8_t { none, needs_decision, review, idle };
BOOST_DESCRIBE_ENUM(attention_kind, none, needs_decision, review, idle)

struct instance_attention {
  attention_kind kind = attention_kind::none;
  std::string text;
  std::optional<wall_time> since;
};
BOOST_DESCRIBE_STRUCT(instance_attention, (), (kind, text, since))

enum class link_state : std::uint8_t { down, dialing, registered, reconnecting, lost };
BOOST_DESCRIBE_ENUM(link_state, down, dialing, registered, reconnecting, lost)

struct instance_link {
  link_state state = link_state::down;
  std::uint32_t attempt = 0;
  std::uint32_t attempts_max = 0;
};
BOOST_DESCRIBE_STRUCT(instance_link, (), (state, attempt, attempts_max))

struct instance {
  instance_id id;
  std::string name;
  std::string project;
  std::string provider;
  instance_state state = instance_state::defined;
  std::string phase;
  std::string message;
  std::string detail;
  instance_health health = instance_health::unknown;
  instance_attention attention;
  instance_link link;
  std::uint64_t generation = 0;
  // What it is made of was changed, and what runs has not been told yet.
  bool changing = false;
  std::vector<service> services;
  // Of the service that is shown first; empty when none has a port.
  std::string url;
  wall_time created{};
  instance_wanted wanted = instance_wanted::stopped;
  std::string actor;
  std::optional<error_told> error;
  // What only its keeper knows: told where one instance is asked for, and empty elsewhere.
  std::vector<wire::ability> limits;
  std::vector<std::string> warnings;
};
BOOST_DESCRIBE_STRUCT(instance, (),
                      (id, name, project, provider, state, phase, message, detail, health, attention, link,
                       generation, changing, services, url, created, wanted, actor, error, limits, warnings))

// `seq`: the number of the newest event that is in it. Whoever listens from there misses nothing.
struct instance_list {
  std::uint64_t seq = 0;
  std::vector<instance> instances;
  std::uint64_t total = 0;
};
BOOST_DESCRIBE_STRUCT(instance_list, (), (seq, instances, total))

}  // namespace ostler::operations

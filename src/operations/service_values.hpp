// A service as it is told outside, and the short map of all services that goes with each change.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.hpp"
#include "operations/error_values.hpp"
#include "wire/json_value.hpp"
#include "wire/keeper_link.hpp"
#include "wire/keeper_spec.hpp"

namespace ostler::operations {

// `unknown` is said while nobody can see the service; it is never shown as stopped.
enum class service_state : std::uint8_t { idle, starting, running, stopping, stopped, error, unknown };
BOOST_DESCRIBE_ENUM(service_state, idle, starting, running, stopping, stopped, error, unknown)

struct service {
  std::string name;
  wire::service_kind_told kind = wire::service_kind_told::service;
  service_state state = service_state::idle;
  bool ready = false;
  // The instance is not ready without it.
  bool required = true;
  std::optional<std::uint16_t> port;
  std::string url;
  std::string message;
  std::string detail;
  std::uint64_t run = 0;
  std::int64_t pid = 0;
  std::uint32_t restarts = 0;
  std::optional<wire::exit_told> last_exit;
  std::optional<error_told> error;
  std::string says;
};
BOOST_DESCRIBE_STRUCT(service, (),
                      (name, kind, state, ready, required, port, url, message, detail, run, pid, restarts,
                       last_exit, error, says))

struct service_list {
  std::vector<service> services;
};
BOOST_DESCRIBE_STRUCT(service_list, (), (services))

// What a status bar needs of one service.
struct service_brief {
  service_state state = service_state::idle;
  std::optional<std::uint16_t> port;
  // Ready and alive now.
  bool running = false;
  std::optional<std::string> error;
};
BOOST_DESCRIBE_STRUCT(service_brief, (), (state, port, running, error))

// {"web": {…}, "db": {…}, "timestamp": 1795263363041}. The time stands beside the services because those who
// listen know the map in that form; therefore no service may be called so.
constexpr std::string_view timestamp_key = "timestamp";

struct service_map {
  struct entry {
    std::string name;
    service_brief brief;
  };
  std::vector<entry> services;
  wall_time timestamp{};
};

void write(std::string& out, service_map const& value);
result<void> read(service_map& out, wire::json_value const& from, std::string const& path);

}  // namespace ostler::operations

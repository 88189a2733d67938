// What a keeper is told to hold: the file `spec.json` in its directory, written by whoever launches it.
//
// Environment variables are a list of "NAME=value"; later ones win. Paths are relative to the workspace.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.hpp"

namespace ostler::wire {

enum class service_kind_told { service, task };
BOOST_DESCRIBE_ENUM(service_kind_told, service, task)

enum class restart_on { always, failure, never };
BOOST_DESCRIBE_ENUM(restart_on, always, failure, never)

// automatic: one of the range, the same again whenever that is possible.
enum class port_kind { none, automatic, fixed };
BOOST_DESCRIBE_ENUM(port_kind, none, automatic, fixed)

struct port_spec {
  port_kind kind = port_kind::none;
  std::uint16_t number = 0;
};
BOOST_DESCRIBE_STRUCT(port_spec, (), (kind, number))

struct http_probe {
  std::string path = "/";
  // Instead of the service's own port.
  std::uint16_t port = 0;
  int status_least = 200;
  int status_most = 399;
  // A text that the body must contain.
  std::string body;
};
BOOST_DESCRIBE_STRUCT(http_probe, (), (path, port, status_least, status_most, body))

// All that are given must hold.
struct ready_spec {
  // An RE2 pattern that a line of its output must match.
  std::string output;
  bool tcp = false;
  std::optional<http_probe> http;
  // Run in the service's place and environment; 0 is yes.
  std::vector<std::string> exec;
  bool notify = false;
  bool registered = false;
  milliseconds limit{30s};
  // Time between two looks: while it starts, once it is ready, and for one look.
  milliseconds every{500ms};
  milliseconds every_ready{10s};
  milliseconds look_limit{1s};
};
BOOST_DESCRIBE_STRUCT(ready_spec, (),
                      (output, tcp, http, exec, notify, registered, limit, every, every_ready, look_limit))

struct alive_spec {
  bool tcp = false;
  std::optional<http_probe> http;
  std::vector<std::string> exec;
  milliseconds every{10s};
  milliseconds look_limit{1s};
  int failures = 3;
};
BOOST_DESCRIBE_STRUCT(alive_spec, (), (tcp, http, exec, every, look_limit, failures))

struct restart_spec {
  restart_on on = restart_on::failure;
  int max = 5;
  milliseconds window{60s};
  milliseconds first{1s};
  milliseconds cap{30s};
};
BOOST_DESCRIBE_STRUCT(restart_spec, (), (on, max, window, first, cap))

struct stop_spec {
  std::string signal = "TERM";
  // Run instead of sending the signal.
  std::vector<std::string> command;
  milliseconds grace{10s};
};
BOOST_DESCRIBE_STRUCT(stop_spec, (), (signal, command, grace))

// 0: no limit.
struct limits_spec {
  std::int64_t memory_bytes = 0;
  std::int64_t cpu_milli = 0;
  std::int64_t pids = 0;
  std::int64_t open_files = 0;
};
BOOST_DESCRIBE_STRUCT(limits_spec, (), (memory_bytes, cpu_milli, pids, open_files))

// How an agent server and the daemon know of each other that they are alive.
struct heartbeat_spec {
  milliseconds every{30s};
  // After so many in a row it is taken for lost.
  int missed = 3;
};
BOOST_DESCRIBE_STRUCT(heartbeat_spec, (), (every, missed))

struct service_spec {
  std::string name;
  service_kind_told kind = service_kind_told::service;
  // What is run: with one element and `shell`, a line for /bin/sh.
  std::vector<std::string> command;
  bool shell = false;
  std::string workdir;
  std::vector<std::string> env;
  std::vector<std::string> env_files;
  std::vector<std::string> needs;
  port_spec port;
  ready_spec ready;
  std::optional<alive_spec> alive;
  restart_spec restart;
  stop_spec stop;
  limits_spec limits;
  // "1000" or "1000:1000", or a name of the place's /etc/passwd.
  std::string user;
  // Wanted up from the start.
  bool autostart = true;
  // Not empty: it is an agent server, and the daemon dials this path of its port. Nothing to a keeper.
  std::string websocket;
  heartbeat_spec heartbeat;
};
BOOST_DESCRIBE_STRUCT(service_spec, (),
                      (name, kind, command, shell, workdir, env, env_files, needs, port, ready, alive,
                       restart, stop, limits, user, autostart, websocket, heartbeat))

struct keeper_spec {
  std::string instance;
  std::string name;
  std::string project;
  std::uint64_t generation = 1;
  // What a client must know. Empty: whoever may open the socket.
  std::string token;
  std::string workspace;
  std::vector<std::string> env;
  std::vector<std::string> env_files;
  std::vector<service_spec> services;
  // Of all that runs in the instance together: services, commands and terminals. `open_files` is that of each
  // process which has none of its own.
  limits_spec limits;
  // "" for the best there is, else cgroup2, cgroup1 or scan.
  std::string containment;
  std::uint16_t port_first = 10'000;
  std::uint16_t port_last = 19'999;
  std::int64_t log_cap_bytes = 64LL * 1024 * 1024;
  milliseconds heartbeat{30s};
};
BOOST_DESCRIBE_STRUCT(keeper_spec, (),
                      (instance, name, project, generation, token, workspace, env, env_files, services,
                       limits, containment, port_first, port_last, log_cap_bytes, heartbeat))

}  // namespace ostler::wire

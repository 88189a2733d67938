#include "wire/service_checks.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>
#include <string>

#include "base/name.hpp"

namespace ostler::wire {
namespace {

struct named_signal {
  std::string_view name;
  int number;
};
constexpr std::array<named_signal, 14> signals{{{"HUP", SIGHUP},
                                                {"INT", SIGINT},
                                                {"QUIT", SIGQUIT},
                                                {"ABRT", SIGABRT},
                                                {"KILL", SIGKILL},
                                                {"USR1", SIGUSR1},
                                                {"USR2", SIGUSR2},
                                                {"ALRM", SIGALRM},
                                                {"TERM", SIGTERM},
                                                {"CONT", SIGCONT},
                                                {"STOP", SIGSTOP},
                                                {"TSTP", SIGTSTP},
                                                {"WINCH", SIGWINCH},
                                                {"PIPE", SIGPIPE}}};

result<void> check_times(service_spec const& spec) {
  struct limit {
    std::string_view key;
    milliseconds value;
    milliseconds least;
  };
  std::vector<limit> limits{{"ready.limit", spec.ready.limit, 1ms},
                            {"ready.every", spec.ready.every, 1ms},
                            {"ready.every_ready", spec.ready.every_ready, 1ms},
                            {"ready.look_limit", spec.ready.look_limit, 1ms},
                            {"restart.window", spec.restart.window, 1ms},
                            {"restart.first", spec.restart.first, 0ms},
                            {"restart.cap", spec.restart.cap, 0ms},
                            {"stop.grace", spec.stop.grace, 0ms}};
  if (spec.alive) {
    limits.push_back({"alive.every", spec.alive->every, 1ms});
    limits.push_back({"alive.look_limit", spec.alive->look_limit, 1ms});
  }
  if (!spec.websocket.empty()) limits.push_back({"heartbeat.every", spec.heartbeat.every, 100ms});
  for (auto const& [key, value, least] : limits)
    if (value < least || value > duration_max)
      return fail(error_code::value_out_of_range,
                  fmt::format("service {}: {} is {} ms; allowed: {} to {}", spec.name, key, value.count(),
                              format_duration(least), format_duration(duration_max)));
  return {};
}

result<void> check_port_of(service_spec const& spec) {
  bool const http_port = spec.ready.http && spec.ready.http->port != 0;
  bool const needs_port =
      spec.ready.tcp || (spec.ready.http && !http_port) || (spec.alive && spec.alive->tcp);
  if (spec.port.kind == port_kind::fixed && spec.port.number == 0)
    return fail(error_code::value_out_of_range,
                fmt::format("service {}: port 0 is none; allowed: 1 to 65535", spec.name));
  if (needs_port && spec.port.kind == port_kind::none)
    return fail(error_code::value_unknown,
                fmt::format("service {}: a port is looked at, but the service has none", spec.name), {},
                {"port = \"auto\""});
  return {};
}

result<void> check_websocket(service_spec const& spec) {
  if (spec.websocket.empty()) return {};
  auto const is_plain = [](char c) { return c > ' ' && c < '\x7f'; };
  if (spec.websocket.front() != '/' || !std::ranges::all_of(spec.websocket, is_plain))
    return fail(error_code::value_unknown,
                fmt::format("service {}: websocket is {}, which is no path of a URL", spec.name,
                            in_quotes(spec.websocket)),
                {}, {"websocket = \"/agent\""});
  if (spec.port.kind == port_kind::none)
    return fail(error_code::value_unknown,
                fmt::format("service {}: an agent server is dialled, but the service has no port", spec.name),
                {}, {"port = \"auto\""});
  constexpr int missed_max = 1000;
  if (spec.heartbeat.missed < 1 || spec.heartbeat.missed > missed_max)
    return fail(error_code::value_out_of_range,
                fmt::format("service {}: heartbeat.missed is {}; allowed: 1 to {}", spec.name,
                            spec.heartbeat.missed, missed_max));
  return {};
}

result<void> check_one(service_spec const& spec) {
  if (auto const name = parse_name("service name", spec.name); !name) return std::unexpected(name.error());
  if (spec.command.empty() || spec.command.front().empty())
    return fail(error_code::value_unknown, fmt::format("service {}: there is no command", spec.name));
  if (spec.shell && spec.command.size() != 1)
    return fail(error_code::value_unknown, fmt::format("service {}: a shell takes one line", spec.name));
  if (auto const signal = parse_signal(spec.stop.signal); !signal) return std::unexpected(signal.error());
  if (auto done = check_limits(spec.limits, "service " + spec.name); !done) return done;
  if (auto done = check_times(spec); !done) return done;
  if (auto done = check_websocket(spec); !done) return done;
  return check_port_of(spec);
}

// Removes again and again what needs nothing that is left; what stays is a circle.
result<void> check_needs(std::vector<service_spec> const& services) {
  std::vector<service_spec const*> left;
  std::set<std::string_view> known;
  for (auto const& each : services) {
    left.push_back(&each);
    known.insert(each.name);
  }
  for (auto const& each : services)
    for (auto const& need : each.needs)
      if (!known.contains(need))
        return fail(error_code::service_unknown,
                    fmt::format("service {} needs {}, which is no service of this instance", each.name,
                                in_quotes(need)));
  for (bool changed = true; changed;) {
    std::set<std::string_view> names;
    for (auto const* each : left) names.insert(each->name);
    changed = std::erase_if(left, [&](service_spec const* each) {
                return std::ranges::none_of(each->needs,
                                            [&](std::string const& need) { return names.contains(need); });
              }) > 0;
  }
  if (left.empty()) return {};
  std::vector<std::string_view> names;
  for (auto const* each : left) names.emplace_back(each->name);
  return fail(error_code::value_unknown,
              fmt::format("these services need each other in a circle: {}", fmt::join(names, ", ")));
}

}  // namespace

result<int> parse_signal(std::string_view text) {
  auto name = text;
  if (name.starts_with("SIG")) name.remove_prefix(3);
  for (auto const& each : signals)
    if (each.name == name || std::to_string(each.number) == name) return each.number;
  std::vector<std::string_view> names;
  for (auto const& each : signals) names.push_back(each.name);
  return fail(error_code::value_unknown, fmt::format("{} is no signal; allowed: {}, or their numbers",
                                                     in_quotes(text), fmt::join(names, ", ")));
}

result<void> check_limits(limits_spec const& limits, std::string_view whose) {
  struct limit {
    std::string_view key;
    std::int64_t value;
  };
  for (auto const& [key, value] : std::array<limit, 4>{{{"memory_bytes", limits.memory_bytes},
                                                        {"cpu_milli", limits.cpu_milli},
                                                        {"pids", limits.pids},
                                                        {"open_files", limits.open_files}}})
    if (value < 0)
      return fail(error_code::value_out_of_range,
                  fmt::format("{}: limits.{} is {}; allowed: 0 for no limit, or more", whose, key, value));
  return {};
}

result<void> check_services(std::vector<service_spec> const& services) {
  std::set<std::string_view> names;
  for (auto const& each : services) {
    if (auto done = check_one(each); !done) return done;
    if (!names.insert(each.name).second)
      return fail(error_code::name_taken, fmt::format("two services are called {}", each.name));
  }
  return check_needs(services);
}

}  // namespace ostler::wire

#include "keeper/services/rules.hpp"

#include <fmt/format.h>
#include <re2/re2.h>
#include <string>

#include "base/name.hpp"
#include "wire/service_checks.hpp"

namespace ostler::keeper {
namespace {

result<void> check_pattern(std::string const& service, std::string const& pattern) {
  if (pattern.empty()) return {};
  re2::RE2 const read(pattern, re2::RE2::Quiet);
  if (read.ok()) return {};
  return fail(error_code::value_unknown, fmt::format("service {}: ready.output {} is no pattern: {}", service,
                                                     in_quotes(pattern), read.error()));
}

}  // namespace

lifecycle::service_rules rules_of(wire::service_spec const& spec, std::uint16_t port) {
  lifecycle::service_rules rules{.name = spec.name, .port = port};
  rules.kind =
      spec.kind == wire::service_kind_told::task ? lifecycle::work_kind::task : lifecycle::work_kind::service;
  switch (spec.restart.on) {
    case wire::restart_on::always: rules.restart = lifecycle::restart_policy::always; break;
    case wire::restart_on::failure: rules.restart = lifecycle::restart_policy::on_failure; break;
    case wire::restart_on::never: rules.restart = lifecycle::restart_policy::never; break;
  }
  using lifecycle::ready_sign;
  rules.ready.set(ready_sign::output, !spec.ready.output.empty());
  rules.ready.set(ready_sign::tcp, spec.ready.tcp);
  rules.ready.set(ready_sign::http, spec.ready.http.has_value());
  rules.ready.set(ready_sign::exec, !spec.ready.exec.empty());
  rules.ready.set(ready_sign::notify, spec.ready.notify);
  rules.ready.set(ready_sign::registered, spec.ready.registered);
  rules.start_limit = spec.ready.limit;
  rules.stop_grace = spec.stop.grace;
  rules.restarts = {.restarts_max = spec.restart.max, .window = spec.restart.window};
  rules.restart_wait = {.first = spec.restart.first, .cap = spec.restart.cap};
  rules.tree_check = {.first = 100ms, .cap = 10s};
  rules.liveness_failures = spec.alive ? spec.alive->failures : 3;
  return rules;
}

run_limits limits_of(wire::limits_spec const& spec) {
  run_limits limits;
  if (spec.memory_bytes > 0) limits.memory_bytes = static_cast<std::uint64_t>(spec.memory_bytes);
  if (spec.cpu_milli > 0) limits.cpu_cores = static_cast<double>(spec.cpu_milli) / 1000;
  if (spec.pids > 0) limits.pids = static_cast<std::uint64_t>(spec.pids);
  return limits;
}

result<void> check_services(std::vector<wire::service_spec> const& services) {
  if (auto done = wire::check_services(services); !done) return done;
  for (auto const& each : services)
    if (auto done = check_pattern(each.name, each.ready.output); !done) return done;
  return {};
}

result<void> check_limits_of_all(wire::keeper_spec const& spec) {
  return wire::check_limits(spec.limits, "the whole instance");
}

}  // namespace ostler::keeper

#include "lifecycle/fleet/admission.hpp"

#include <fmt/format.h>
#include <map>
#include <set>

#include "base/name.hpp"

namespace ostler::lifecycle {
namespace {

constexpr std::size_t project_length_max = 4096;
constexpr std::size_t settings_size_max = 1024UL * 1024;

result<void> check_services(instance_spec const& spec, numbers const& limits) {
  if (spec.services.size() > static_cast<std::size_t>(limits.services_max))
    return fail(error_code::value_out_of_range,
                fmt::format("{} services for {}; allowed: at most {} (services.max)", spec.services.size(),
                            spec.name, limits.services_max));
  std::set<std::string_view> names;
  std::map<std::uint16_t, std::string_view> ports;
  for (auto const& service : spec.services) {
    if (auto const name = parse_name("service name", service.name); !name)
      return std::unexpected(name.error());
    if (!names.insert(service.name).second)
      return fail(
          error_code::name_taken,
          fmt::format("the service name {} stands twice in {}; allowed: each once", service.name, spec.name));
    if (service.port == 0) continue;
    auto const [holder, first] = ports.emplace(service.port, service.name);
    if (!first)
      return fail(error_code::port_taken,
                  fmt::format("port {} is asked for by {} and by {} of {}; allowed: one of them",
                              service.port, holder->second, service.name, spec.name));
  }
  return {};
}

}  // namespace

result<void> check_spec(instance_spec const& spec, numbers const& limits) {
  if (auto const name = parse_name("instance name", spec.name); !name) return std::unexpected(name.error());
  if (auto const name = parse_name("provider name", spec.provider); !name)
    return std::unexpected(name.error());
  if (spec.project.size() > project_length_max || spec.project.find('\0') != std::string::npos)
    return fail(error_code::value_out_of_range,
                fmt::format("the project path {} cannot be used; allowed: up to {} bytes without NUL",
                            in_quotes(spec.project), project_length_max));
  if (spec.settings.size() > settings_size_max)
    return fail(error_code::value_out_of_range,
                fmt::format("the settings of {} have {} bytes; allowed: at most {}", spec.name,
                            spec.settings.size(), settings_size_max));
  return check_services(spec, limits);
}

}  // namespace ostler::lifecycle

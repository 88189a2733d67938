#include "keeper/environment/injected.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace ostler::keeper {
namespace {

// Names are DNS labels, so that no two become the same.
std::string with_underscores(std::string_view name) {
  std::string made(name);
  std::ranges::replace(made, '-', '_');
  return made;
}

std::string as_variable(std::string_view name) {
  auto made = with_underscores(name);
  for (char& c : made)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return made;
}

}  // namespace

std::vector<std::string> injected_variables(instance_facts const& place, std::string_view service,
                                            service_ports const& ports, readiness_told how) {
  std::vector<std::string> made{
      fmt::format("OSTLER_INSTANCE={}", place.id),
      fmt::format("OSTLER_INSTANCE_NAME={}", place.name),
      fmt::format("OSTLER_INSTANCE_SLUG={}", with_underscores(place.name)),
      fmt::format("OSTLER_GENERATION={}", place.generation),
      fmt::format("OSTLER_SERVICE={}", service),
      fmt::format("OSTLER_WORKSPACE={}", place.workspace),
      fmt::format("{}={}", socket_variable, place.keeper_socket),
  };
  if (auto const own = ports.find(service); own != ports.end())
    made.push_back(fmt::format("PORT={}", own->second));
  for (auto const& [name, port] : ports) {
    made.push_back(fmt::format("OSTLER_PORT_{}={}", as_variable(name), port));
    made.push_back(fmt::format("OSTLER_URL_{}=http://127.0.0.1:{}", as_variable(name), port));
  }
  if (how == readiness_told::by_notify) made.push_back(fmt::format("NOTIFY_SOCKET={}", place.notify_socket));
  return made;
}

}  // namespace ostler::keeper

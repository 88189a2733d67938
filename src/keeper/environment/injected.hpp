// What every service finds in its environment without asking: where it is, its port, and the ports of the
// others.
//
//   PORT                     its own port, when it has one
//   OSTLER_PORT_WEB_API      the port of the service web-api; OSTLER_URL_WEB_API is http://127.0.0.1:<port>
//   OSTLER_INSTANCE          the instance's id, its name in OSTLER_INSTANCE_NAME, and in OSTLER_INSTANCE_SLUG
//   the name
//                            fit for databases and the like: '_' in place of '-'
//   OSTLER_GENERATION        which making of the place this is
//   OSTLER_SERVICE, OSTLER_WORKSPACE, OSTLER_KEEPER_SOCK
//   NOTIFY_SOCKET            where readiness is told, when it is waited for
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ostler::keeper {

inline constexpr std::string_view socket_variable = "OSTLER_KEEPER_SOCK";

struct instance_facts {
  std::string id;
  std::string name;
  std::uint64_t generation = 0;
  std::string workspace;
  // Both absolute: services run in other directories.
  std::string keeper_socket;
  std::string notify_socket;
};

// By the name of the service.
using service_ports = std::map<std::string, std::uint16_t, std::less<>>;

enum class readiness_told : bool { no, by_notify };

// "NAME=value".
std::vector<std::string> injected_variables(instance_facts const& place, std::string_view service,
                                            service_ports const& ports, readiness_told how);

}  // namespace ostler::keeper

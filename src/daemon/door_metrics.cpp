#include "daemon/door_metrics.hpp"

#include <array>
#include <fmt/format.h>
#include <string_view>
#include <utility>

namespace ostler::daemon {
namespace {

std::string family(std::string_view name, std::string_view kind, std::string_view help) {
  return fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, kind);
}

}  // namespace

std::string door_metrics(control::door_counts const& counts) {
  auto out = family("ostler_requests_total", "counter",
                    "Requests that were answered, by operation, and by the code of the refusal or ok.");
  for (auto const& [key, count] : counts.answered)
    out += fmt::format("ostler_requests_total{{operation=\"{}\",code=\"{}\"}} {}\n", key.first, key.second,
                       count);
  using named = std::pair<std::string_view, std::uint64_t>;
  out += family("ostler_door_refusals_total", "counter", "What was refused before it was looked at.");
  for (auto const& [why, count] : std::array<named, 6>{{{"page", counts.refused_pages},
                                                        {"token", counts.refused_tokens},
                                                        {"scope", counts.refused_scopes},
                                                        {"rate", counts.refused_rates},
                                                        {"full", counts.refused_full},
                                                        {"peer", counts.refused_peers}}})
    out += fmt::format("ostler_door_refusals_total{{why=\"{}\"}} {}\n", why, count);
  out += family("ostler_connections_total", "counter", "Connections that came to the door.");
  out += fmt::format("ostler_connections_total {}\n", counts.connections);
  out += family("ostler_connections_open", "gauge", "Connections that are open, by kind.");
  for (auto const& [kind, count] : std::array<named, 3>{
           {{"tcp", counts.open_tcp}, {"unix", counts.open_unix}, {"websocket", counts.open_websockets}}})
    out += fmt::format("ostler_connections_open{{kind=\"{}\"}} {}\n", kind, count);
  return out;
}

}  // namespace ostler::daemon

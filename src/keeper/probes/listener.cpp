#include "keeper/probes/listener.hpp"

#include <fmt/format.h>

namespace ostler::keeper {

std::optional<look_result> doubt(listener_owner const& owner, std::uint16_t port) {
  switch (owner.who) {
    case listener_owner::kind::ours:
    case listener_owner::kind::unknown: return std::nullopt;
    case listener_owner::kind::nobody:
      return look_result{.why = fmt::format("nobody listens on port {} any more", port)};
    case listener_owner::kind::stranger: break;
  }
  if (owner.pid <= 0)
    return look_result{.stranger_pid = -1,
                       .why = fmt::format("port {} is answered by another process of unknown pid", port)};
  return look_result{.stranger_pid = owner.pid,
                     .why = fmt::format("port {} is answered by another process, pid {}", port, owner.pid)};
}

}  // namespace ostler::keeper

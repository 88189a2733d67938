// Who listens on a port: what a look and the allotting of ports ask somebody who can find out.
//
// An answer on a port proves nothing when it comes from another program that was there first: a service that
// failed to bind would be called ready on the strength of a stranger.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "keeper/probes/look.hpp"

namespace ostler::keeper {

struct listener_owner {
  //   unknown   nothing can be found out here (no /proc, another user's processes): told apart from "not
  //   ours"
  enum class kind : std::uint8_t { ours, stranger, nobody, unknown };
  kind who = kind::unknown;
  // Of a stranger; 0 when it cannot be told.
  std::int64_t pid = 0;
};

using find_owner = std::function<listener_owner(std::uint16_t port)>;

// What speaks against trusting whoever accepted on the port; nothing when it is ours, or cannot be known.
std::optional<look_result> doubt(listener_owner const& owner, std::uint16_t port);

}  // namespace ostler::keeper

// Where a daemon keeps its state and where it is spoken to. The daemon and whoever calls it find each other
// by this one rule, so it stands apart from both.
//
//   state   OSTLER_STATE, else $XDG_STATE_HOME/ostler, else ~/.local/state/ostler
//   socket  $XDG_RUNTIME_DIR/ostler/ostler.sock; in the state directory when there is no runtime directory,
//   or
//           when OSTLER_STATE names another state: each state has a daemon, and each daemon a socket of its
//           own
//   URL     OSTLER_URL with OSTLER_TOKEN goes before the socket: unix:/path or http://host:port
//
// Pure: the variables are handed in. A variable that is empty is not set.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ostler::whereabouts {

// What the kernel takes for the address of a unix socket, without the NUL at its end.
constexpr std::size_t socket_path_max = 107;

using variables = std::function<std::optional<std::string>(std::string_view name)>;
variables variables_of_this_process();

// All absolute. None need exist.
struct daemon_paths {
  std::string state_directory;
  std::string socket;
  // What the daemon prints when it was started by somebody who does not look.
  std::string log;
};
result<daemon_paths> find_paths(variables const& look_up);

struct daemon_address {
  // Of a unix socket; else `host` and `port` are dialled.
  std::string socket;
  std::string host;
  std::uint16_t port = 0;
  // Sent with every request; empty for none.
  std::string token;
  // Not told by OSTLER_URL: it is the daemon of this user, and may be started.
  bool is_own = false;

  // For messages; without the token.
  std::string text() const;
};
result<daemon_address> find_address(variables const& look_up);
// "unix:/run/x.sock", "http://127.0.0.1:7777", "http://[::1]:7777/".
result<daemon_address> parse_address(std::string_view url);

}  // namespace ostler::whereabouts

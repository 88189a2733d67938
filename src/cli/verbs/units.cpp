#include "cli/verbs/units.hpp"

#include <fmt/format.h>
#include <optional>
#include <string_view>

#include "base/ensure.hpp"
#include "whereabouts/whereabouts.hpp"

namespace ostler::cli {
namespace {

// systemd reads %, quotes and backslashes in these lines.
std::string in_unit(std::string_view path) {
  std::string out = "\"";
  for (char const c : path) {
    if (c == '%') out += '%';
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// systemd listens, so whoever calls early waits instead of failing.
unit socket_unit_at(std::string_view words) {
  return {.name = "ostlerd.socket",
          .text = fmt::format("[Unit]\n"
                              "Description=The socket of Ostler's daemon\n"
                              "\n"
                              "[Socket]\n"
                              "ListenStream={}\n"
                              "SocketMode=0600\n"
                              "DirectoryMode=0700\n"
                              "\n"
                              "[Install]\n"
                              "WantedBy=sockets.target\n",
                              words)};
}

}  // namespace

// The daemon says itself when it answers, so whatever is ordered behind it finds it. Only the daemon is
// ended: what runs in the instances is held by their keepers and goes on.
unit service_unit(std::string const& program, std::string const& state) {
  return {.name = "ostlerd.service",
          .text = fmt::format(
              "[Unit]\n"
              "Description=Ostler, places for agents and developers to work\n"
              "Requires=ostlerd.socket\n"
              "\n"
              "[Service]\n"
              "Type=notify\n"
              "ExecStart={}\n"
              "{}"
              "KillMode=process\n"
              "Restart=on-failure\n"
              "RestartSec=1\n"
              "TimeoutStopSec=15\n"
              "\n"
              "[Install]\n"
              "Also=ostlerd.socket\n"
              "WantedBy=default.target\n",
              in_unit(program),
              state.empty() ? "" : fmt::format("Environment={}\n", in_unit("OSTLER_STATE=" + state)))};
}

unit socket_unit(std::string const& socket) {
  std::string words;
  for (char const c : socket) words += c == '%' ? "%%" : std::string(1, c);
  return socket_unit_at(words);
}

// The rule that callers go by is asked, for a runtime directory that stands for that of any user.
unit socket_unit_of_anybody() {
  constexpr std::string_view stand_in = "/runtime";
  auto const paths = whereabouts::find_paths([&](std::string_view name) -> std::optional<std::string> {
    if (name == "XDG_RUNTIME_DIR") return std::string(stand_in);
    if (name == "HOME") return "/home";
    return std::nullopt;
  });
  ensure(paths && paths->socket.starts_with(stand_in), "the socket is in the runtime directory");
  return socket_unit_at("%t" + paths->socket.substr(stand_in.size()));
}

}  // namespace ostler::cli

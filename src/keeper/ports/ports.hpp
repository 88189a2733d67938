// Who listens where, among the processes of an instance.
//
// The kernel tells it in two parts: which sockets listen (by sock_diag for our own network namespace, else in
// /proc/PID/net/tcp and tcp6) and which process holds which socket (the links in /proc/PID/fd). With few
// processes given only theirs are read, so that it can be asked again and again while a service starts. TCP
// only.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "keeper/ports/listener.hpp"

namespace ostler::keeper {

// "127.0.0.1:80", "[::1]:80".
std::string text_of(listener const& listening);

struct port_holder {
  //   nobody  nobody listens there
  //   found   `pid` does
  //   others  somebody does, and none of those that were asked about
  //   hidden  somebody does, and it may be one whose descriptors may not be read
  enum class kind : std::uint8_t { nobody, found, others, hidden };
  kind what = kind::nobody;
  pid_t pid = 0;

  bool operator==(port_holder const&) const = default;
};

class port_table {
 public:
  // Refused above, rather than told in part.
  static constexpr std::size_t listeners_max = 16'384;

  // `proc` asks nothing but /proc; it is what `cheapest` comes to where the kernel may not be asked directly.
  enum class way : std::uint8_t { cheapest, proc };

  // Another directory in tests.
  explicit port_table(way how = way::cheapest, std::string proc = "/proc")
      : proc_(std::move(proc)), way_(how) {}

  // In the network namespace of that process.
  result<std::vector<listener>> listeners(pid_t of) const;
  result<std::vector<listener>> listeners() const;
  // The first of these processes that holds a listening socket on the port, each looked at in its own
  // namespace; or in ours, where it may not be known. A process that has ended holds none. `nobody` when
  // there is none in our namespace nor in any of theirs.
  result<port_holder> owner_of(std::uint16_t port, std::span<pid_t const> pids) const;
  // Any process that can be seen, in our own namespace; never `others`. Reads much of /proc unless nobody
  // listens.
  result<port_holder> who_listens(std::uint16_t port) const;

 private:
  result<std::vector<listener>> sockets(std::string const& process, bool ours, std::uint16_t port) const;

  std::string proc_;
  way way_;
};

// Could a server bind the port now, on every address, as servers do it?
//
// Tried first as the strictest would: without SO_REUSEADDR even connections of a server that is gone stand in
// the way, for a minute (TIME_WAIT) or as long as somebody keeps them open. A server that sets SO_REUSEADDR,
// as nearly all do, may bind over them, so a second attempt with it decides, unless nothing of the kind is to
// be seen on the port: then somebody has bound it with SO_REUSEADDR and will listen any moment. The probe
// never listens, so nobody connects to it, and leaves nothing behind.
result<bool> port_free(std::uint16_t port);

}  // namespace ostler::keeper

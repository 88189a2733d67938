// Who listens where, among the processes of an instance.
//
// The kernel tells it in two parts: which sockets listen (/proc/PID/net/tcp and tcp6, of the network
// namespace of that process) and which process holds which socket (the links in /proc/PID/fd). With few
// processes given only theirs are read, so that it can be asked again and again while a service starts. TCP
// only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "base/result.hpp"

namespace ostler::keeper {

enum class address_family : std::uint8_t { v4, v6 };

struct listener {
  // As on the wire; of an IPv4 address the first four.
  std::array<std::uint8_t, 16> address{};
  std::uint16_t port = 0;
  address_family family = address_family::v4;
  std::uint64_t inode = 0;
  bool operator==(listener const&) const = default;
};

// "127.0.0.1:80", "[::1]:80".
std::string text_of(listener const& listening);

class port_table {
 public:
  // Refused above, rather than told in part.
  static constexpr std::size_t listeners_max = 16'384;

  // Elsewhere in tests.
  explicit port_table(std::string proc = "/proc") : proc_(std::move(proc)) {}

  // In the network namespace of that process.
  result<std::vector<listener>> listeners(pid_t of) const;
  result<std::vector<listener>> listeners() const;
  // The first of these processes that holds a listening socket on the port, each looked at in its own
  // namespace. A process that has ended, or whose descriptors may not be seen, holds none.
  result<std::optional<pid_t>> owner_of(std::uint16_t port, std::span<pid_t const> pids) const;
  // Any process that can be seen, in our own namespace. Reads all of /proc.
  result<std::optional<pid_t>> who_listens(std::uint16_t port) const;

 private:
  bool holds(pid_t pid, std::span<std::uint64_t const> inodes) const;

  std::string proc_;
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

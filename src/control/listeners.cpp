#include "control/listeners.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <optional>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include "system/failure.hpp"
#include "system/path_text.hpp"

namespace ostler::control {
namespace {

using system::fail_errno;
using system::fd;

constexpr int backlog = 1024;
// A port that is free on both addresses is found at once unless the machine is full of them.
constexpr int port_attempts = 16;

result<fd> new_socket(int family) {
  fd made(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!made) return fail_errno("make a socket");
  return made;
}

sockaddr const* plain(sockaddr_storage const& address) { return reinterpret_cast<sockaddr const*>(&address); }

result<void> private_directory(std::string const& path) {
  auto const slash = path.rfind('/');
  if (slash == path.npos || slash == 0)
    return fail(error_code::value_out_of_range,
                fmt::format("the socket {} must lie in a directory of its own", system::shown(path)));
  auto const directory = path.substr(0, slash);
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    return fail_errno(fmt::format("make the directory {}", system::shown(directory)));
  struct stat seen{};
  if (::lstat(directory.c_str(), &seen) != 0)
    return fail_errno(fmt::format("look at the directory {}", system::shown(directory)));
  bool const ours = S_ISDIR(seen.st_mode) && seen.st_uid == ::geteuid() && (seen.st_mode & 077U) == 0;
  if (ours) return {};
  return fail(
      error_code::not_permitted,
      fmt::format("{} must be a directory that only we may enter, and is not; chmod 700 it, or name another",
                  system::shown(directory)));
}

result<sockaddr_un> unix_address(std::string const& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return fail(error_code::value_out_of_range,
                fmt::format("the path of a socket has at most {} bytes, and {} has {}",
                            sizeof address.sun_path - 1, system::shown(path), path.size()));
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

// Does somebody listen there? An error when what is there is no socket.
result<bool> is_alive(std::string const& path, sockaddr_un const& address) {
  struct stat seen{};
  if (::lstat(path.c_str(), &seen) != 0) {
    if (errno == ENOENT) return false;
    return fail_errno(fmt::format("look at {}", system::shown(path)));
  }
  if (!S_ISSOCK(seen.st_mode))
    return fail(
        error_code::foreign_resource,
        fmt::format("{} is there and is no socket; move it away, or name another path", system::shown(path)));
  auto const probe = new_socket(AF_UNIX);
  if (!probe) return std::unexpected(probe.error());
  bool const answered =
      ::connect(probe->get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0;
  // A backlog that is full belongs to somebody.
  return answered || errno == EAGAIN;
}

sockaddr_storage loopback(int family, std::uint16_t port, socklen_t& size) {
  sockaddr_storage out{};
  if (family == AF_INET) {
    sockaddr_in const v4{
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    std::memcpy(&out, &v4, size = sizeof v4);
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    v6.sin6_addr = IN6ADDR_LOOPBACK_INIT;
    std::memcpy(&out, &v6, size = sizeof v6);
  }
  return out;
}

// Where a socket of tcp listens; none when that is not a loopback address.
std::optional<std::uint16_t> loopback_port(sockaddr_storage const& address) {
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return ntohl(v4.sin_addr.s_addr) >> 24U == 127 ? std::optional(ntohs(v4.sin_port)) : std::nullopt;
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  bool const loops = address.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
  return loops ? std::optional(ntohs(v6.sin6_port)) : std::nullopt;
}

result<listener> listen_at(int family, std::uint16_t port) {
  auto made = new_socket(family);
  if (!made) return std::unexpected(std::move(made.error()));
  int const yes = 1;
  // After a restart the connections of the former daemon still occupy the port for a while.
  ::setsockopt(made->get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (family == AF_INET6) ::setsockopt(made->get(), IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
  socklen_t size = 0;
  auto const address = loopback(family, port, size);
  auto const where = fmt::format("{}:{}", family == AF_INET ? "127.0.0.1" : "[::1]", port);
  bool const taken = ::bind(made->get(), plain(address), size) != 0 || ::listen(made->get(), backlog) != 0;
  if (taken && errno == EADDRINUSE)
    return fail(error_code::port_taken, fmt::format("somebody listens at {} already", where));
  if (taken) return fail_errno(fmt::format("listen at {}", where));
  sockaddr_storage bound{};
  socklen_t bound_size = sizeof bound;
  if (::getsockname(made->get(), reinterpret_cast<sockaddr*>(&bound), &bound_size) != 0)
    return fail_errno(fmt::format("ask where {} is", where));
  return listener{.socket = std::move(*made),
                  .door = door_kind::tcp,
                  .port = loopback_port(bound).value_or(0),
                  .path = {}};
}

bool has_ipv6() {
  auto const probe = new_socket(AF_INET6);
  if (!probe) return false;
  socklen_t size = 0;
  auto const address = loopback(AF_INET6, 0, size);
  return ::bind(probe->get(), plain(address), size) == 0;
}

template <class Number> std::optional<Number> number_in(std::string_view text) {
  Number number{};
  auto const* const end = text.data() + text.size();
  auto const [rest, failed] = std::from_chars(text.data(), end, number);
  return failed == std::errc() && rest == end ? std::optional(number) : std::nullopt;
}

result<listener> taken_over(int number) {
  int listens = 0;
  int type = 0;
  socklen_t size = sizeof(int);
  sockaddr_storage address{};
  socklen_t address_size = sizeof address;
  bool const right = ::getsockopt(number, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0 &&
                     ::getsockopt(number, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM &&
                     ::getsockname(number, reinterpret_cast<sockaddr*>(&address), &address_size) == 0;
  auto const refused = [&](std::string_view why) {
    return fail(error_code::value_out_of_range,
                fmt::format("the descriptor {} that was handed over {}", number, why));
  };
  if (!right) return refused("is no stream socket that listens");
  if (::fcntl(number, F_SETFD, FD_CLOEXEC) != 0 || ::fcntl(number, F_SETFL, O_NONBLOCK) != 0)
    return fail_errno(fmt::format("take over the descriptor {}", number));
  if (address.ss_family == AF_UNIX)
    return listener{.socket = fd(number), .door = door_kind::unix_socket, .port = 0, .path = {}};
  auto const port = loopback_port(address);
  if (!port) return refused("listens where others than this machine come in; give it a loopback address");
  return listener{.socket = fd(number), .door = door_kind::tcp, .port = *port, .path = {}};
}

}  // namespace

result<listener> listen_unix(std::string const& path) {
  if (auto done = private_directory(path); !done) return std::unexpected(std::move(done.error()));
  // Bound beside it and renamed, so that a client finds the old one or the new one and never none.
  auto const beside = fmt::format("{}.{}", path, ::getpid());
  auto const address = unix_address(path);
  auto const temporary = unix_address(beside);
  if (!address) return std::unexpected(address.error());
  if (!temporary) return std::unexpected(temporary.error());
  auto const alive = is_alive(path, *address);
  if (!alive) return std::unexpected(alive.error());
  if (*alive)
    return fail(error_code::state_locked, fmt::format("another daemon answers at {}", system::shown(path)));
  auto made = new_socket(AF_UNIX);
  if (!made) return std::unexpected(std::move(made.error()));
  ::unlink(beside.c_str());
  bool const there =
      ::bind(made->get(), reinterpret_cast<sockaddr const*>(&*temporary), sizeof *temporary) == 0 &&
      ::chmod(beside.c_str(), 0600) == 0 && ::listen(made->get(), backlog) == 0 &&
      ::rename(beside.c_str(), path.c_str()) == 0;
  if (!there) {
    auto failed = fail_errno(fmt::format("listen at {}", system::shown(path)));
    ::unlink(beside.c_str());
    return failed;
  }
  return listener{.socket = std::move(*made), .door = door_kind::unix_socket, .port = 0, .path = path};
}

result<std::vector<listener>> listen_tcp(std::uint16_t port) {
  bool const both = has_ipv6();
  for (int attempt = 1;; ++attempt) {
    std::vector<listener> out;
    auto first = listen_at(AF_INET, port);
    if (!first) return std::unexpected(std::move(first.error()));
    auto const chosen = first->port;
    out.push_back(std::move(*first));
    if (!both) return out;
    auto second = listen_at(AF_INET6, chosen);
    bool const again =
        !second && port == 0 && attempt < port_attempts && second.error().code == error_code::port_taken;
    if (again) continue;
    if (!second) return std::unexpected(std::move(second.error()));
    out.push_back(std::move(*second));
    return out;
  }
}

result<std::vector<listener>> handed_over(std::string_view listen_pid, std::string_view listen_fds,
                                          pid_t self, int first_fd) {
  std::vector<listener> out;
  if (listen_pid.empty() && listen_fds.empty()) return out;
  auto const whom = number_in<pid_t>(listen_pid);
  auto const count = number_in<unsigned>(listen_fds);
  if (!whom || !count || *count > 64)
    return fail(error_code::value_out_of_range,
                "LISTEN_PID and LISTEN_FDS are set and are no numbers that can be right");
  if (*whom != self) return out;
  for (unsigned i = 0; i < *count; ++i) {
    auto one = taken_over(first_fd + static_cast<int>(i));
    if (!one) return std::unexpected(std::move(one.error()));
    out.push_back(std::move(*one));
  }
  return out;
}

}  // namespace ostler::control

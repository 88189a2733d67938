#include "client/stream.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <limits>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "system/clock.hpp"
#include "system/failure.hpp"

namespace ostler::client {
namespace {

using dialled = result<std::unique_ptr<stream>>;

std::unexpected<error> unreachable(whereabouts::daemon_address const& where, std::string_view why) {
  return fail(error_code::daemon_unreachable, fmt::format("no daemon answers at {}: {}", where.text(), why),
              {},
              where.is_own ? std::vector<std::string>{"ostler daemon start", "ostler daemon logs"}
                           : std::vector<std::string>{"look whether OSTLER_URL is right"});
}

bool would_block(int number) { return number == EAGAIN || number == EWOULDBLOCK; }

// How long poll(2) may wait: -1 without an end, rounded up so that nobody wakes too early and spins.
int poll_time(std::optional<instant> const& deadline) {
  if (!deadline) return -1;
  auto const left = std::chrono::ceil<milliseconds>(*deadline - system::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
}

// A socket that anybody could have made is not given a token.
result<void> check_owner(int socket, whereabouts::daemon_address const& where) {
  if (!where.is_own) return {};
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    return system::fail_errno("ask who serves the daemon's socket");
  if (peer.uid == ::geteuid() || peer.uid == 0) return {};
  return fail(error_code::not_permitted,
              fmt::format("{} is served by the user {}, not by us", where.text(), peer.uid));
}

dialled dial_unix(whereabouts::daemon_address const& where, wait_end const& end) {
  system::fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return system::fail_errno("make a socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (where.socket.size() >= sizeof address.sun_path) return unreachable(where, "its path is too long");
  where.socket.copy(address.sun_path, where.socket.size());
  // Connecting waits while the queue of the daemon is full, and only this option ends that.
  auto const wait = end.deadline ? std::max<std::int64_t>(poll_time(end.deadline), 1) : 0;
  timeval const limit{.tv_sec = wait / 1000, .tv_usec = (wait % 1000) * 1000};
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0)
    return system::fail_errno("limit the time to connect");
  auto const* generic = reinterpret_cast<sockaddr const*>(&address);
  if (system::uninterrupted([&] { return ::connect(socket.get(), generic, sizeof address); }) != 0)
    return unreachable(where,
                       would_block(errno) ? "it takes no more connections" : system::errno_text(errno));
  if (auto const fine = check_owner(socket.get(), where); !fine) return std::unexpected(fine.error());
  if (::fcntl(socket.get(), F_SETFL, O_NONBLOCK) != 0) return system::fail_errno("make a socket not block");
  return std::make_unique<stream>(std::move(socket));
}

dialled dial_one(addrinfo const& to, whereabouts::daemon_address const& where, wait_end const& end) {
  system::fd socket(::socket(to.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return system::fail_errno("make a socket");
  auto out = std::make_unique<stream>(std::move(socket));
  if (::connect(out->fd(), to.ai_addr, to.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return unreachable(where, system::errno_text(errno));
    if (auto const ready = out->wait(POLLOUT, end); !ready) return std::unexpected(ready.error());
    int failure = 0;
    socklen_t size = sizeof failure;
    if (::getsockopt(out->fd(), SOL_SOCKET, SO_ERROR, &failure, &size) != 0) failure = errno;
    if (failure != 0) return unreachable(where, system::errno_text(failure));
  }
  int const on = 1;
  // Requests and keystrokes are small; they must not wait for more.
  ::setsockopt(out->fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return out;
}

dialled dial_tcp(whereabouts::daemon_address const& where, wait_end const& end) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  auto const port = std::to_string(where.port);
  if (auto const failure = ::getaddrinfo(where.host.c_str(), port.c_str(), &wanted, &found); failure != 0)
    return unreachable(where, ::gai_strerror(failure));
  std::unique_ptr<addrinfo, void (*)(addrinfo*)> const owner(found, ::freeaddrinfo);
  dialled out = unreachable(where, "the name has no address");
  for (auto const* one = found; one != nullptr && !out; one = one->ai_next) {
    out = dial_one(*one, where, end);
    // These are the wish of the caller, and hold for every address.
    if (!out && out.error().code != error_code::daemon_unreachable) break;
  }
  return out;
}

}  // namespace

wait_end wait_end::after(milliseconds limit, int stop_fd) {
  wait_end out{.deadline = std::nullopt, .stop_fd = stop_fd};
  if (limit > 0ms) out.deadline = system::now() + std::min<milliseconds>(limit, duration_max);
  return out;
}

dialled stream::dial(whereabouts::daemon_address const& where, wait_end const& end) {
  return where.socket.empty() ? dial_tcp(where, end) : dial_unix(where, end);
}

bool stream::is_quiet() const {
  pollfd asked{.fd = fd_.get(), .events = POLLIN | POLLRDHUP, .revents = 0};
  return ::poll(&asked, 1, 0) == 0;
}

result<short> stream::wait(short events, wait_end const& end) const {
  for (;;) {
    std::array<pollfd, 2> asked{{{.fd = fd_.get(), .events = events, .revents = 0},
                                 {.fd = end.stop_fd, .events = POLLIN, .revents = 0}}};
    auto const count = ::poll(asked.data(), asked.size(), poll_time(end.deadline));
    if (count < 0 && !system::interrupted()) return system::fail_errno("wait for the daemon");
    if (count > 0 && asked[1].revents != 0) return fail(error_code::cancelled, "it was stopped from here");
    if (count > 0) return asked[0].revents;
    if (end.deadline && system::now() >= *end.deadline)
      return fail(error_code::timed_out, "the time for it is over");
  }
}

result<std::optional<std::size_t>> stream::read_now(std::span<char> into) {
  auto const count = system::uninterrupted([&] { return ::recv(fd_.get(), into.data(), into.size(), 0); });
  if (count >= 0) return static_cast<std::size_t>(count);
  if (would_block(errno)) return std::nullopt;
  return fail(error_code::daemon_unreachable,
              fmt::format("the connection to the daemon broke: {}", system::errno_text(errno)));
}

result<std::size_t> stream::write_now(std::string_view bytes) {
  auto const count =
      system::uninterrupted([&] { return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); });
  if (count >= 0) return static_cast<std::size_t>(count);
  if (would_block(errno)) return 0;
  return fail(error_code::daemon_unreachable,
              fmt::format("the connection to the daemon broke: {}", system::errno_text(errno)));
}

result<std::size_t> stream::read(std::span<char> into, wait_end const& end) {
  for (;;) {
    auto const count = read_now(into);
    if (!count) return std::unexpected(count.error());
    if (*count) return **count;
    if (auto const ready = wait(POLLIN, end); !ready) return std::unexpected(ready.error());
  }
}

result<std::size_t> stream::write(std::string_view bytes, wait_end const& end) {
  std::size_t written = 0;
  while (written < bytes.size()) {
    auto const count = write_now(bytes.substr(written));
    if (!count) return count;
    written += *count;
    if (*count > 0) continue;
    auto const ready = wait(POLLOUT | POLLIN, end);
    if (!ready) return std::unexpected(ready.error());
    // A refusal that comes before all was sent; nobody may read the rest.
    if ((*ready & POLLOUT) == 0) break;
  }
  return written;
}

}  // namespace ostler::client

#include "cli/verbs/daemon_process.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "system/failure.hpp"
#include "system/process.hpp"

namespace ostler::cli {

result<daemon_process> who_listens(std::string const& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.size() >= sizeof address.sun_path)
    return fail(error_code::value_out_of_range,
                fmt::format("the path of the socket is too long: {}", socket));
  std::ranges::copy(socket, address.sun_path);
  system::fd const made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!made) return system::fail_errno("make a socket");
  if (::connect(made.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
    return fail(error_code::daemon_unreachable, fmt::format("no daemon listens on {}", socket),
                std::strerror(errno), {"ostler daemon start"});
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(made.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0)
    return system::fail_errno(fmt::format("ask who listens on {}", socket));
  if (who.uid != ::geteuid())
    return fail(error_code::not_permitted,
                fmt::format("the daemon on {} belongs to the user {}", socket, who.uid));
  auto pidfd = system::open_pidfd(who.pid);
  if (!pidfd)
    return fail(error_code::system_failed, fmt::format("the daemon (pid {}) cannot be held on to", who.pid),
                "The kernel has no pidfd, or the process is gone or not in our namespace.");
  return daemon_process{.pid = who.pid, .pidfd = std::move(pidfd)};
}

result<void> end_daemon(daemon_process const& whom, milliseconds limit) {
  auto const sent = system::signal_pidfd(whom.pidfd.get(), SIGTERM);
  if (!sent) return std::unexpected(sent.error());
  if (*sent == system::signal_outcome::gone) return {};
  pollfd one{.fd = whom.pidfd.get(), .events = POLLIN, .revents = 0};
  auto const woken = system::uninterrupted([&] { return ::poll(&one, 1, static_cast<int>(limit.count())); });
  if (woken > 0) return {};
  return fail(error_code::timed_out,
              fmt::format("the daemon (pid {}) has not ended within {}", whom.pid, format_duration(limit)),
              {}, {"ostler daemon status", "ostler daemon logs"});
}

}  // namespace ostler::cli

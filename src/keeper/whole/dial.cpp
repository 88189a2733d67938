#include "keeper/whole/dial.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/bytes.hpp"
#include "keeper/start/home.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"

namespace ostler::keeper {
namespace {

constexpr std::size_t piece = 64UL * 1024;

// One direction. What could not be passed on yet is held here, and nothing more is read until it was.
struct flow {
  int from;
  int to;
  std::array<char, piece> held{};
  std::size_t begin = 0;
  std::size_t end = 0;
  bool over = false;

  bool full() const { return begin < end; }
  // False when this direction, and with it the link, has ended.
  bool move() {
    if (!full()) {
      auto const got = system::uninterrupted([&] { return ::read(from, held.data(), held.size()); });
      if (got < 0 && errno == EAGAIN) return true;
      if (got <= 0) return false;
      begin = 0;
      end = static_cast<std::size_t>(got);
    }
    auto const wrote = system::uninterrupted([&] { return ::write(to, held.data() + begin, end - begin); });
    if (wrote < 0) return errno == EAGAIN;
    begin += static_cast<std::size_t>(wrote);
    return true;
  }
};

}  // namespace

result<system::fd> connect_to_keeper(std::string const& directory) {
  auto const place = system::open_at(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY);
  if (!place) return std::unexpected(place.error());
  system::fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return system::fail_errno("make a socket");
  // However long the path is, this one is short.
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  auto const path = fmt::format("/proc/self/fd/{}/{}", place->get(), socket_name);
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::connect(socket.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0)
    return socket;
  if (errno == ENOENT || errno == ECONNREFUSED)
    return fail(error_code::link_failed, fmt::format("no keeper runs in {}", directory), {},
                {fmt::format("ostler-keeper run --dir {}", directory)});
  return system::fail_errno(fmt::format("connect to the keeper in {}", directory));
}

int dial(std::string const& directory) {
  ::signal(SIGPIPE, SIG_IGN);
  auto const socket = connect_to_keeper(directory);
  if (!socket) {
    static_cast<void>(system::write_all(
        STDERR_FILENO, as_bytes(fmt::format("ostler-keeper: {}\n", socket.error().message))));
    return 1;
  }
  flow in{.from = STDIN_FILENO, .to = socket->get()};
  flow out{.from = socket->get(), .to = STDOUT_FILENO};
  for (;;) {
    // A direction waits either for its source or for its sink.
    std::array<pollfd, 2> waits{};
    std::array<flow*, 2> const flows{&in, &out};
    for (std::size_t at = 0; at < 2; ++at)
      waits[at] = {.fd = flows[at]->full() ? flows[at]->to : flows[at]->from,
                   .events = static_cast<short>(flows[at]->full() ? POLLOUT : POLLIN),
                   .revents = 0};
    if (::poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR) return 1;
    for (std::size_t at = 0; at < 2; ++at)
      if (waits[at].revents != 0 && !flows[at]->move()) return 0;
  }
}

}  // namespace ostler::keeper

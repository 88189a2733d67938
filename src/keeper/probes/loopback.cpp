#include "keeper/probes/loopback.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "system/failure.hpp"

namespace ostler::keeper {
namespace {

struct address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

template <class Kind> address as_address(Kind const& given) {
  address made{.size = sizeof given};
  std::memcpy(&made.bytes, &given, sizeof given);
  return made;
}

address v4_address(std::uint16_t port) {
  return as_address(sockaddr_in{.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
                                .sin_zero = {}});
}

address v6_address(std::uint16_t port) {
  return as_address(sockaddr_in6{.sin6_family = AF_INET6,
                                 .sin6_port = htons(port),
                                 .sin6_flowinfo = 0,
                                 .sin6_addr = IN6ADDR_LOOPBACK_INIT,
                                 .sin6_scope_id = 0});
}

// A socket that was given the very port it connects to has met itself, not a listener.
bool is_connected_to_itself(int socket, address const& other) {
  address own{.size = sizeof own.bytes};
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&own.bytes), &own.size) != 0) return false;
  return own.size == other.size && std::memcmp(&own.bytes, &other.bytes, own.size) == 0;
}

}  // namespace

void loopback_connect::begin(std::uint16_t port) {
  give_up();
  port_ = port;
  why_.clear();
  attempt(family::v4);
}

void loopback_connect::give_up() {
  watch_.leave();
  socket_.reset();
}

void loopback_connect::attempt(family which) {
  trying_ = which;
  auto const to = which == family::v4 ? v4_address(port_) : v6_address(port_);
  socket_.reset(::socket(to.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket_) return refused(errno);
  if (::connect(socket_.get(), reinterpret_cast<sockaddr const*>(&to.bytes), to.size) == 0) return settled();
  if (errno != EINPROGRESS) return refused(errno);
  auto joined = watch_.join(socket_.get(), EPOLLOUT, [this](std::uint32_t) { settled(); });
  if (joined) return;
  give_up();
  calls_.failed(joined.error().message);
}

void loopback_connect::settled() {
  int failed = 0;
  socklen_t size = sizeof failed;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &failed, &size) != 0) failed = errno;
  auto const to = trying_ == family::v4 ? v4_address(port_) : v6_address(port_);
  if (failed == 0 && is_connected_to_itself(socket_.get(), to)) failed = ECONNREFUSED;
  if (failed != 0) return refused(failed);
  watch_.leave();
  calls_.connected(std::move(socket_));
}

void loopback_connect::refused(int number) {
  give_up();
  if (trying_ == family::v4) {
    why_ = fmt::format("127.0.0.1:{} {}", port_, system::errno_text(number));
    return attempt(family::v6);
  }
  calls_.failed(fmt::format("{}; [::1]:{} {}", why_, port_, system::errno_text(number)));
}

}  // namespace ostler::keeper

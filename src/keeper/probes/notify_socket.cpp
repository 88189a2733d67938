#include "keeper/probes/notify_socket.hpp"

#include <array>
#include <cstring>
#include <fmt/format.h>
#include <optional>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "system/failure.hpp"

namespace ostler::keeper {
namespace {

// One who sends without end must not keep the loop from the others.
constexpr int datagrams_per_turn = 16;
// As many as the kernel passes at once (SCM_MAX_FD); those that would not fit it closes itself.
constexpr std::size_t descriptors_max = 253;

// Takes the sender out of what came beside the text, and closes the descriptors in it.
std::optional<ucred> take_control(msghdr& message) {
  std::optional<ucred> from;
  for (auto* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET) continue;
    if (part->cmsg_type == SCM_CREDENTIALS && part->cmsg_len >= CMSG_LEN(sizeof(ucred))) {
      ucred seen{};
      std::memcpy(&seen, CMSG_DATA(part), sizeof seen);
      from = seen;
    }
    if (part->cmsg_type != SCM_RIGHTS) continue;
    auto const count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t at = 0; at < count; ++at) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(part) + at * sizeof(int), sizeof number);
      system::fd const closed(number);
    }
  }
  return from;
}

}  // namespace

notify_socket::notify_socket(loop& on, std::function<void(notification const&)> heard)
    : heard_(std::move(heard)), watch_(on) {}

result<void> notify_socket::listen(std::string const& name) {
  // Bound beside and renamed, so that a name that is there always has a listener.
  auto const beside = name + ".new";
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (beside.size() >= sizeof address.sun_path)
    return fail(error_code::value_out_of_range, fmt::format("the socket's name {} is too long", name));
  beside.copy(address.sun_path, beside.size());
  system::fd made(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!made) return system::fail_errno("make a socket for notifications");
  int const on = 1;
  // Before it has a name: a datagram that came earlier would have no sender.
  if (::setsockopt(made.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0)
    return system::fail_errno(fmt::format("ask for the senders on {}", name));
  ::unlink(beside.c_str());
  if (::bind(made.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
    return system::fail_errno(fmt::format("bind {}", name));
  if (::chmod(beside.c_str(), 0666) != 0) return system::fail_errno(fmt::format("open {} to services", name));
  if (::rename(beside.c_str(), name.c_str()) != 0)
    return system::fail_errno(fmt::format("rename the socket to {}", name));
  watch_.leave();
  socket_ = std::move(made);
  return watch_.join(socket_.get(), EPOLLIN, [this](std::uint32_t) { ready(); });
}

void notify_socket::ready() {
  for (int count = 0; count < datagrams_per_turn; ++count)
    if (!receive_one()) return;
}

// False when there is none.
bool notify_socket::receive_one() {
  std::array<char, datagram_max> text;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(descriptors_max * sizeof(int))>
      control;
  iovec into{.iov_base = text.data(), .iov_len = text.size()};
  msghdr message{};
  message.msg_iov = &into;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  auto const got = system::uninterrupted(
      [&] { return ::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC); });
  if (got < 0) return false;
  auto const from = take_control(message);
  if ((message.msg_flags & MSG_TRUNC) != 0 || !from) return true;
  auto fields = parse_notify({text.data(), static_cast<std::size_t>(got)});
  if (fields) heard_({.pid = from->pid, .uid = from->uid, .fields = *std::move(fields)});
  return true;
}

}  // namespace ostler::keeper

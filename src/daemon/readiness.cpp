#include "daemon/readiness.hpp"

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>

#include "system/fd.hpp"
#include "whereabouts/readiness.hpp"

namespace ostler::daemon {
namespace {

system::fd& waiting() {
  static system::fd one;
  return one;
}

void say(char byte) {
  auto told = std::exchange(waiting(), system::fd());
  if (!told) return;
  // Who does not listen any more need not know.
  static_cast<void>(::write(told.get(), &byte, 1));
}

}  // namespace

void take_readiness() {
  auto const* const text = std::getenv(whereabouts::ready_fd_variable);
  if (text == nullptr) return;
  int number = -1;
  auto const* const end = text + std::strlen(text);
  bool const is_number = std::from_chars(text, end, number).ptr == end && number > STDERR_FILENO;
  if (is_number && ::fcntl(number, F_SETFD, FD_CLOEXEC) == 0) waiting().reset(number);
  ::unsetenv(whereabouts::ready_fd_variable);
}

void tell_ready() {
  say(whereabouts::ready_byte);
  tell_systemd("READY=1");
}

void tell_held() { say(whereabouts::held_byte); }

void tell_systemd(std::string_view words) {
  auto const* const path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (path == nullptr || (path[0] != '/' && path[0] != '@')) return;
  std::string_view const name(path);
  if (name.size() >= sizeof address.sun_path) return;
  name.copy(address.sun_path, name.size());
  // A name that is no file begins with a zero.
  if (name.front() == '@') address.sun_path[0] = '\0';
  system::fd const socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  auto const size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  static_cast<void>(::sendto(socket.get(), words.data(), words.size(), MSG_NOSIGNAL,
                             reinterpret_cast<sockaddr const*>(&address), size));
}

}  // namespace ostler::daemon

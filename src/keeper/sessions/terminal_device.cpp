#include "keeper/sessions/terminal_device.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <utility>

#include "system/failure.hpp"
#include "system/files.hpp"

// Since Linux 4.13; headers of an older libc lack it.
#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

namespace ostler::keeper {
namespace {

// From our end where the kernel can: /dev/pts may be that of another namespace, or nowhere.
result<system::fd> open_peer(int ours) {
  constexpr int flags = O_RDWR | O_NOCTTY | O_CLOEXEC;
  auto const peer = ::ioctl(ours, TIOCGPTPEER, flags);
  if (peer >= 0) return system::fd(peer);
  int number = 0;
  if (::ioctl(ours, TIOCGPTN, &number) != 0)
    return system::fail_errno("ask for the number of a new terminal");
  return system::open_at(AT_FDCWD, fmt::format("/dev/pts/{}", number), O_RDWR | O_NOCTTY);
}

}  // namespace

result<terminal_ends> open_terminal(wire::terminal_size size, std::optional<uid_t> owner) {
  terminal_ends made;
  made.ours = system::fd(::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  // In a root without a link to it.
  if (!made.ours && errno == ENOENT)
    made.ours = system::fd(::open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  if (!made.ours) return system::fail_errno("make a terminal: open /dev/ptmx");
  int const locked = 0;
  if (::ioctl(made.ours.get(), TIOCSPTLCK, &locked) != 0) return system::fail_errno("unlock a new terminal");
  auto peer = open_peer(made.ours.get());
  if (!peer) return std::unexpected(peer.error());
  made.program = std::move(*peer);
  if (owner && (::fchown(made.program.get(), *owner, static_cast<gid_t>(-1)) != 0 ||
                ::fchmod(made.program.get(), 0620) != 0))
    return system::fail_errno(fmt::format("give a terminal to user {}", *owner));
  if (auto sized = set_terminal_size(made.ours.get(), size); !sized) return std::unexpected(sized.error());
  return made;
}

result<void> set_terminal_size(int ours, wire::terminal_size size) {
  winsize const wanted{.ws_row = size.rows, .ws_col = size.columns, .ws_xpixel = 0, .ws_ypixel = 0};
  if (::ioctl(ours, TIOCSWINSZ, &wanted) != 0)
    return system::fail_errno(fmt::format("resize a terminal to {}x{}", size.columns, size.rows));
  return {};
}

}  // namespace ostler::keeper

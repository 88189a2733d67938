#include "cli/verbs/interrupts.hpp"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <utility>

#include "system/failure.hpp"

namespace ostler::cli {

result<interrupts> interrupts::begin(std::initializer_list<int> besides) {
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGINT);
  sigaddset(&wanted, SIGTERM);
  for (int const one : besides) sigaddset(&wanted, one);
  sigset_t former;
  if (auto const why = ::pthread_sigmask(SIG_BLOCK, &wanted, &former); why != 0)
    return system::fail_errno("hold back signals", why);
  system::fd made(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!made) {
    ::pthread_sigmask(SIG_SETMASK, &former, nullptr);
    return system::fail_errno("listen for signals");
  }
  return interrupts(std::move(made), former);
}

interrupts::interrupts(interrupts&& other) noexcept
    : fd_(std::move(other.fd_)), former_(other.former_), owns_(std::exchange(other.owns_, false)) {}

interrupts::~interrupts() {
  if (!owns_) return;
  // Those that came and were not taken would end the program now.
  while (take() != 0) {
  }
  ::pthread_sigmask(SIG_SETMASK, &former_, nullptr);
}

int interrupts::take() const {
  signalfd_siginfo one{};
  auto const count = system::uninterrupted([&] { return ::read(fd_.get(), &one, sizeof one); });
  return count == static_cast<ssize_t>(sizeof one) ? static_cast<int>(one.ssi_signo) : 0;
}

}  // namespace ostler::cli

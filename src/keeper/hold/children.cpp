#include "keeper/hold/children.hpp"

#include <cerrno>
#include <csignal>
#include <fmt/format.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <utility>

#include "base/ensure.hpp"
#include "keeper/hold/exits.hpp"
#include "system/failure.hpp"

namespace ostler::keeper {

children::children(loop& on) : watch_(on) {
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGCHLD);
  ensure(::sigprocmask(SIG_BLOCK, &wanted, nullptr) == 0, "a signal can be blocked");
  signals_ = system::fd(::signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!signals_)
    throw std::runtime_error(fmt::format("could not make a signalfd: {}", system::errno_text(errno)));
  ensure(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0, "every kernel since 3.4 has subreapers");
  auto const joined = watch_.join(signals_.get(), EPOLLIN, [this](std::uint32_t) { reap(); });
  if (!joined) throw std::runtime_error(joined.error().message);
}

void children::expect(pid_t pid, handler ended) { expected_[pid] = std::move(ended); }

void children::reap() {
  signalfd_siginfo ignored[8];
  while (::read(signals_.get(), ignored, sizeof ignored) == sizeof ignored) {
  }
  for (;;) {
    auto const child = look_for_ended_child();
    if (!child || !*child) return;
    auto const found = expected_.find((*child)->pid);
    bool const ours = found != expected_.end();
    if (ours) {
      auto const ended = std::move(found->second);
      expected_.erase(found);
      ended((*child)->status);
    }
    static_cast<void>(keeper::reap((*child)->pid));
    if (!ours && orphan_ended) orphan_ended();
  }
}

}  // namespace ostler::keeper

#include "bench/bare_spawner.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/ensure.hpp"

namespace ostler::bench {
namespace {

struct child {
  int pidfd = -1;
  pid_t pid = 0;
  bool keep_up = false;
};

class spawner_process {
 public:
  spawner_process(std::vector<std::string> command, int socket)
      : command_(std::move(command)), socket_(socket), poll_(::epoll_create1(EPOLL_CLOEXEC)) {
    for (auto& word : command_) words_.push_back(word.data());
    words_.push_back(nullptr);
    listen(socket_);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 64> batch{};
    for (;;) {
      auto const got = ::epoll_wait(poll_, batch.data(), static_cast<int>(batch.size()), -1);
      for (int at = 0; at < got; ++at) {
        auto const from = batch[static_cast<std::size_t>(at)].data.fd;
        from == socket_ ? ordered() : ended(from);
      }
    }
  }

 private:
  void listen(int descriptor) const {
    epoll_event wanted{.events = EPOLLIN, .data = {.fd = descriptor}};
    ::epoll_ctl(poll_, EPOLL_CTL_ADD, descriptor, &wanted);
  }

  void tell(bare_message const& what) const { ::send(socket_, &what, sizeof what, MSG_NOSIGNAL); }

  // On a stack of its own, so that it cannot spoil ours while we wait for its execve().
  static int born(void* self) {
    auto const& of = *static_cast<spawner_process*>(self);
    ::execve(of.words_.front(), of.words_.data(), environ);
    ::_exit(127);
  }

  pid_t start(bool keep_up) {
    int pidfd = -1;
    auto const pid = ::clone(&born, stack_.data() + stack_.size(),
                             CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, this, &pidfd);
    listen(pidfd);
    children_.push_back({.pidfd = pidfd, .pid = pid, .keep_up = keep_up});
    return pid;
  }

  void ordered() {
    bare_message order;
    if (::recv(socket_, &order, sizeof order, 0) <= 0) ::_exit(0);
    auto const pid = start(order.what == bare_message::kind::start_and_keep_up);
    tell({.what = bare_message::kind::started, .pid = pid});
  }

  void ended(int pidfd) {
    auto const found = std::ranges::find(children_, pidfd, &child::pidfd);
    siginfo_t seen{};
    ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd), &seen, WEXITED | WNOHANG);
    ::close(pidfd);
    auto const gone = *found;
    children_.erase(found);
    if (gone.keep_up) start(true);
    tell({.what = bare_message::kind::ended, .pid = gone.pid, .status = seen.si_status});
  }

  std::vector<std::string> command_;
  std::vector<char*> words_;
  int socket_;
  int poll_;
  std::vector<child> children_;
  alignas(16) std::array<char, 16384> stack_{};
};

}  // namespace

bare_spawner::bare_spawner(std::vector<std::string> command) {
  std::array<int, 2> ends{};
  ensure(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0, "sockets can be made");
  pid_ = ::fork();
  ensure(pid_ >= 0, "a process can be made");
  if (pid_ == 0) {
    ::close(ends[0]);
    spawner_process(std::move(command), ends[1]).run();
  }
  ::close(ends[1]);
  socket_.reset(ends[0]);
}

bare_spawner::~bare_spawner() {
  socket_.reset();
  ::waitpid(pid_, nullptr, 0);
}

void bare_spawner::order(bare_message::kind what) const {
  bare_message const order{.what = what};
  ensure(::send(socket_.get(), &order, sizeof order, MSG_NOSIGNAL) == sizeof order, "an order is taken");
}

bare_message bare_spawner::await(bare_message::kind what) const {
  for (;;) {
    bare_message told;
    ensure(::recv(socket_.get(), &told, sizeof told, 0) == sizeof told, "the spawner answers");
    if (told.what == what) return told;
  }
}

}  // namespace ostler::bench

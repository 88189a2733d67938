#include "cli/verbs/forwarding.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <memory>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "cli/text.hpp"
#include "cli/verbs/interrupts.hpp"
#include "client/websocket.hpp"
#include "operations/file_operations.hpp"
#include "system/failure.hpp"

namespace ostler::cli {
namespace {

// What one side may be ahead of the other.
constexpr std::size_t held_max = 256UL * 1024;
constexpr std::size_t connections_max = 256;

result<system::fd> listen_on(std::uint16_t port) {
  system::fd made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!made) return system::fail_errno("make a socket");
  int const yes = 1;
  ::setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(made.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0 ||
      ::listen(made.get(), 64) != 0) {
    if (errno == EADDRINUSE)
      return fail(error_code::port_taken, fmt::format("127.0.0.1:{} is taken", port), {},
                  {"ostler port NAME --forward OTHER:PORT"});
    return system::fail_errno(fmt::format("listen on 127.0.0.1:{}", port));
  }
  return made;
}

// One connection: a local socket and the daemon's.
class pipe {
 public:
  pipe(system::fd local, client::websocket remote) : local_(std::move(local)), remote_(std::move(remote)) {}

  pollfd local_wish() const {
    short events = 0;
    if (!local_ended_ && remote_.unsent() < held_max) events |= POLLIN;
    if (!to_local_.empty()) events |= POLLOUT;
    return {.fd = events != 0 ? local_.get() : -1, .events = events, .revents = 0};
  }
  // What the other side sends is left with it while ours does not read.
  pollfd remote_wish() const {
    auto events = remote_.poll_events();
    if (to_local_.size() >= held_max) events = static_cast<short>(events & ~POLLIN);
    return {.fd = remote_.fd(), .events = events, .revents = 0};
  }
  // False when it is over.
  bool go_on(short local_events) {
    if ((local_events & (POLLIN | POLLHUP | POLLERR)) != 0 && !read_local()) return false;
    if (!remote_.flush()) return false;
    if (to_local_.size() < held_max && !read_remote()) return drain();
    return write_local();
  }

 private:
  bool read_local() {
    std::array<char, 65536> piece{};
    auto const count =
        system::uninterrupted([&] { return ::read(local_.get(), piece.data(), piece.size()); });
    if (count > 0) {
      remote_.send_bytes({piece.data(), static_cast<std::size_t>(count)});
      return true;
    }
    if (count < 0 && errno == EAGAIN) return true;
    local_ended_ = true;
    remote_.close(wire::websocket_close::normal, "the local side has ended");
    static_cast<void>(remote_.flush());
    return false;
  }
  bool read_remote() {
    for (;;) {
      auto next = remote_.receive();
      if (!next || (*next && (*next)->kind == client::incoming_kind::closed)) return false;
      if (!*next) return true;
      if ((*next)->kind == client::incoming_kind::binary) to_local_ += (*next)->data;
      if (to_local_.size() >= held_max) return true;
    }
  }
  bool write_local() {
    while (!to_local_.empty()) {
      auto const count = ::send(local_.get(), to_local_.data(), to_local_.size(), MSG_NOSIGNAL);
      if (count < 0) return errno == EAGAIN || errno == EINTR;
      to_local_.erase(0, static_cast<std::size_t>(count));
    }
    return true;
  }
  // The other side has ended: what it said before is given as far as the local side takes it at once.
  bool drain() {
    static_cast<void>(write_local());
    return false;
  }

  system::fd local_;
  client::websocket remote_;
  std::string to_local_;
  bool local_ended_ = false;
};

class forwarder {
 public:
  forwarder(context& with, std::string instance, interrupts signals)
      : with_(&with), instance_(std::move(instance)), signals_(std::move(signals)) {}

  result<void> add(forward const& what) {
    auto made = listen_on(what.local);
    if (!made) return std::unexpected(made.error());
    with_->show().out.line(
        fmt::format("127.0.0.1:{} -> {}:{}", what.local, printable(instance_), what.remote));
    listening_.emplace_back(std::move(*made), what.remote);
    return {};
  }

  result<int> run() {
    for (;;) {
      std::vector<pollfd> all{{.fd = signals_.fd(), .events = POLLIN, .revents = 0}};
      for (auto const& [fd, remote] : listening_)
        all.push_back(
            {.fd = pipes_.size() < connections_max ? fd.get() : -1, .events = POLLIN, .revents = 0});
      for (auto const& one : pipes_) {
        all.push_back(one->local_wish());
        all.push_back(one->remote_wish());
      }
      if (system::uninterrupted([&] { return ::poll(all.data(), all.size(), -1); }) < 0)
        return system::fail_errno("wait for connections");
      if (all[0].revents != 0) return exit_done;
      auto const first_pipe = 1 + listening_.size();
      std::vector<std::unique_ptr<pipe>> alive;
      for (std::size_t i = 0; i < pipes_.size(); ++i)
        if (pipes_[i]->go_on(all[first_pipe + 2 * i].revents)) alive.push_back(std::move(pipes_[i]));
      pipes_ = std::move(alive);
      for (std::size_t i = 0; i < listening_.size(); ++i)
        if (all[1 + i].revents != 0) accept(i);
    }
  }

 private:
  void accept(std::size_t which) {
    auto const& [fd, remote] = listening_[which];
    system::fd local(::accept4(fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!local) return;
    auto daemon = with_->daemon();
    if (!daemon) return with_->note("error: " + printable(daemon.error().message));
    auto made = (*daemon)->open_websocket<operations::ports_forward>(
        {.instance = instance_, .port = remote}, {.limit = 10s, .stop_fd = signals_.fd()});
    // The local side sees its connection closed, which is what has happened.
    if (!made) return with_->note("error: " + printable(made.error().message));
    auto fresh = std::make_unique<pipe>(std::move(local), std::move(*made));
    // What came together with the upgrade makes no descriptor readable any more.
    if (fresh->go_on(0)) pipes_.push_back(std::move(fresh));
  }

  // Outlives this.
  context* with_;
  std::string instance_;
  interrupts signals_;
  std::vector<std::pair<system::fd, std::uint16_t>> listening_;
  // By address, because a pipe does not move while it is polled.
  std::vector<std::unique_ptr<pipe>> pipes_;
};

}  // namespace

result<int> forward_ports(context& with, std::string const& instance, std::vector<forward> const& wanted) {
  if (auto const there = with.daemon(); !there) return std::unexpected(there.error());
  auto signals = interrupts::begin();
  if (!signals) return std::unexpected(signals.error());
  forwarder all(with, instance, std::move(*signals));
  for (auto const& one : wanted)
    if (auto const done = all.add(one); !done) return std::unexpected(done.error());
  return all.run();
}

}  // namespace ostler::cli

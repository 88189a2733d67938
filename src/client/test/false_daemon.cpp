#include "client/test/false_daemon.hpp"

#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>

#include "base/ensure.hpp"
#include "wire/websocket_handshake.hpp"

namespace ostler::client::test {
namespace {

constexpr int wait_max_ms = 30'000;

// Whether it became readable.
bool await(int fd) {
  pollfd asked{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&asked, 1, wait_max_ms) > 0;
}

std::string_view field(std::string_view head, std::string_view name) {
  auto const at = head.find(name);
  if (at == head.npos) return {};
  auto const rest = head.substr(at + name.size());
  return rest.substr(0, rest.find("\r\n"));
}

}  // namespace

bool peer::read_more() {
  if (!await(fd_.get())) {
    ADD_FAILURE() << "the client said nothing for too long";
    return false;
  }
  std::string piece(65536, '\0');
  auto const count = ::recv(fd_.get(), piece.data(), piece.size(), 0);
  if (count <= 0) return false;
  read_.append(piece, 0, static_cast<std::size_t>(count));
  return true;
}

std::string peer::request() {
  for (;;) {
    auto const end = read_.find("\r\n\r\n");
    std::size_t size = std::string::npos;
    if (end != read_.npos) {
      auto const head = std::string_view(read_).substr(0, end + 2);
      auto const length = field(head, "Content-Length: ");
      size = end + 4 + (length.empty() ? 0 : std::stoul(std::string(length)));
      if (!field(head, "Transfer-Encoding: ").empty()) {
        auto const last = read_.find("\r\n0\r\n\r\n", end);
        size = last == read_.npos ? last : last + 7;
      }
    }
    if (size <= read_.size()) {
      auto out = read_.substr(0, size);
      read_.erase(0, size);
      return out;
    }
    if (!read_more()) return std::exchange(read_, {});
  }
}

void peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    auto const count = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    // The client may have heard enough.
    if (count <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void peer::answer(int status, std::string_view body) {
  send(fmt::format("HTTP/1.1 {} Said\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                   status, body.size(), body));
}

std::string peer::upgrade() {
  auto const asked = request();
  send(
      fmt::format("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  "Sec-WebSocket-Accept: {}\r\n\r\n",
                  wire::websocket_accept(field(asked, "Sec-WebSocket-Key: "))));
  return asked;
}

void peer::say(wire::websocket_kind kind, std::string_view payload) {
  std::string bytes;
  wire::write_websocket(bytes, kind, payload, std::nullopt);
  send(bytes);
}

std::pair<wire::websocket_kind, std::string> peer::hear() {
  for (;;) {
    if (!heard_.empty()) {
      auto first = std::move(heard_.front());
      heard_.erase(heard_.begin());
      return {first.kind, std::move(first.data)};
    }
    if (read_.empty() && !read_more()) return {};
    auto const offence = reader_.read(as_bytes(std::exchange(read_, {})), heard_);
    EXPECT_FALSE(offence) << offence->why;
    if (offence) return {};
  }
}

void peer::await_end() {
  while (read_more()) read_.clear();
}

false_daemon::false_daemon(std::vector<handler> handlers)
    : handlers_(std::move(handlers)), listening_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  address().socket.copy(name.sun_path, sizeof name.sun_path - 1);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the interface of sockets is that way.
  ensure(::bind(listening_.get(), reinterpret_cast<sockaddr const*>(&name), sizeof name) == 0,
         "a socket can be bound in a new directory");
  ensure(::listen(listening_.get(), 16) == 0, "a socket can listen");
  thread_ = std::thread([this] { serve(); });
}

false_daemon::~false_daemon() { thread_.join(); }

whereabouts::daemon_address false_daemon::address() const {
  return {.socket = directory_ + "/s", .host = {}, .token = "secret", .is_own = true};
}

void false_daemon::serve() {
  for (auto const& one : handlers_) {
    if (!await(listening_.get())) {
      ADD_FAILURE() << "nobody came";
      return;
    }
    peer client(system::fd(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
    one(client);
  }
  listening_.reset();
}

}  // namespace ostler::client::test

// A client that sends bytes as they are given and reads what comes, with a generous deadline: for requests
// that no library would send.
#pragma once

#include <arpa/inet.h>
#include <cstdint>
#include <cstring>
#include <netinet/in.h>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <vector>

#include "system/fd.hpp"
#include "wire/websocket_frame.hpp"

namespace ostler::control::test {

struct raw_answer {
  int status = 0;
  std::string head;
  std::string body;

  // The first value; empty when there is none.
  std::string field(std::string_view name) const {
    auto const at = head.find("\r\n" + std::string(name) + ": ");
    if (at == head.npos) return {};
    auto const begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

struct raw_frame {
  wire::websocket_kind what;
  std::string data;
};

class raw_client {
 public:
  static raw_client tcp(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return {AF_INET, reinterpret_cast<sockaddr const*>(&address), sizeof address};
  }
  static raw_client unix_socket(std::string const& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return {AF_UNIX, reinterpret_cast<sockaddr const*>(&address), sizeof address};
  }

  // False when the other side has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      auto const sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void close_writing() { ::shutdown(socket_.get(), SHUT_WR); }
  void close() { socket_.reset(); }
  int socket() const { return socket_.get(); }

  // Throws when the connection ends before it is whole.
  raw_answer read_answer(std::string_view method = "GET") {
    raw_answer out;
    auto const end = until("\r\n\r\n");
    out.head = take(end + 4);
    out.status = std::stoi(out.head.substr(9, 3));
    if (method == "HEAD" || out.status < 200) return out;
    if (auto const size = out.field("Content-Length"); !size.empty()) {
      need(std::stoul(size));
      out.body = take(std::stoul(size));
    } else if (out.field("Transfer-Encoding") == "chunked") {
      for (;;) {
        auto const line = take(until("\r\n") + 2);
        auto const length = std::stoul(line, nullptr, 16);
        need(length + 2);
        out.body += take(length);
        take(2);
        if (length == 0) break;
      }
    } else {
      out.body = read_to_end();
    }
    return out;
  }

  // A server's frame, which has no mask.
  raw_frame read_frame() {
    need(2);
    auto const what = static_cast<wire::websocket_kind>(static_cast<std::uint8_t>(input_[0]) & 15U);
    std::uint64_t size = static_cast<std::uint8_t>(input_[1]);
    std::size_t const wide = size == 126 ? 2 : size == 127 ? 8 : 0;
    need(2 + wide);
    if (wide > 0) size = 0;
    for (std::size_t i = 0; i < wide; ++i) size = size << 8U | static_cast<std::uint8_t>(input_[2 + i]);
    take(2 + wide);
    need(size);
    return {what, take(size)};
  }

  // Up to and with the mark.
  std::string read_until(std::string_view mark) { return take(until(mark) + mark.size()); }
  std::string read_to_end() {
    while (more()) {
    }
    return take(input_.size());
  }
  // Waits for the end, and says whether it came without anything before.
  bool ends() { return input_.empty() && !more(); }

 private:
  raw_client(int family, sockaddr const* address, socklen_t size)
      : socket_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    timeval const generous{.tv_sec = 60, .tv_usec = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &generous, sizeof generous);
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &generous, sizeof generous);
    if (::connect(socket_.get(), address, size) != 0) throw std::runtime_error("nobody listens");
  }

  bool more() {
    char bytes[16384];
    auto const got = ::recv(socket_.get(), bytes, sizeof bytes, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      throw std::runtime_error("nothing came in time");
    if (got <= 0) return false;
    input_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }
  void need(std::size_t size) {
    while (input_.size() < size)
      if (!more()) throw std::runtime_error("the connection ended too early, after: " + input_);
  }
  std::size_t until(std::string_view mark) {
    for (;;) {
      if (auto const at = input_.find(mark); at != input_.npos) return at;
      need(input_.size() + 1);
    }
  }
  std::string take(std::size_t size) {
    auto out = input_.substr(0, size);
    input_.erase(0, size);
    return out;
  }

  system::fd socket_;
  std::string input_;
};

}  // namespace ostler::control::test

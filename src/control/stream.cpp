#include "control/stream.hpp"

#include <boost/asio/experimental/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <sys/socket.h>
#include <utility>

#include "async/cancelled.hpp"
#include "system/failure.hpp"

namespace ostler::control {

namespace asio = boost::asio;

namespace {

stream::moved counted(ssize_t got) {
  if (got > 0) return {.how = stream::outcome::some, .bytes = static_cast<std::size_t>(got)};
  bool const later = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  return {.how = later ? stream::outcome::later : stream::outcome::ended, .bytes = 0};
}

async::task<void> waited(asio::posix::stream_descriptor* socket,
                         asio::posix::descriptor_base::wait_type what) {
  auto const [failed] = co_await socket->async_wait(what, asio::experimental::as_tuple(asio::use_awaitable));
  // Any other failure shows itself in the next read or write.
  if (failed == asio::error::operation_aborted) async::throw_cancelled();
}

}  // namespace

stream::stream(async::home const& where, system::fd connected) : socket_(where, connected.release()) {}

stream::moved stream::read(std::span<char> into) {
  return counted(system::uninterrupted(
      [&] { return ::recv(socket_.native_handle(), into.data(), into.size(), MSG_DONTWAIT); }));
}

stream::moved stream::write(std::span<iovec const> from) {
  msghdr head{};
  // The call does not write through it.
  head.msg_iov = const_cast<iovec*>(from.data());
  head.msg_iovlen = from.size();
  return counted(system::uninterrupted(
      [&] { return ::sendmsg(socket_.native_handle(), &head, MSG_DONTWAIT | MSG_NOSIGNAL); }));
}

stream::moved stream::write(std::string_view from) {
  return counted(system::uninterrupted([&] {
    return ::send(socket_.native_handle(), from.data(), from.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }));
}

stream::outcome stream::peek() {
  char byte = 0;
  return counted(system::uninterrupted(
                     [&] { return ::recv(socket_.native_handle(), &byte, 1, MSG_DONTWAIT | MSG_PEEK); }))
      .how;
}

async::task<void> stream::readable() { return waited(&socket_, asio::posix::descriptor_base::wait_read); }
async::task<void> stream::writable() { return waited(&socket_, asio::posix::descriptor_base::wait_write); }

void stream::when_writable(std::move_only_function<void()> call) {
  socket_.async_wait(asio::posix::descriptor_base::wait_write,
                     [call = std::move(call)](boost::system::error_code) mutable { call(); });
}

void stream::shut_writing() { ::shutdown(socket_.native_handle(), SHUT_WR); }
void stream::shut() { ::shutdown(socket_.native_handle(), SHUT_RDWR); }

}  // namespace ostler::control

#include "keeper/probes/http_look.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <sys/socket.h>

#include "base/name.hpp"
#include "system/failure.hpp"

namespace ostler::keeper {
namespace {

// What would end the request line, and begin another header.
bool is_path(std::string_view text) {
  return text.starts_with('/') && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

http_look::http_look(loop& on, milliseconds limit, http_question question, find_owner owner)
    : limited_look(on, limit),
      question_(std::move(question)),
      owner_(std::move(owner)),
      connecting_(on, {.connected = [this](system::fd socket) { connected(std::move(socket)); },
                       .failed = [this](std::string why) { finish_no(std::move(why)); }}),
      watch_(on) {}

void http_look::start() {
  if (!is_path(question_.path))
    return finish_no(fmt::format("{} is no path for HTTP: it begins with '/' and has no blanks",
                                 in_quotes(question_.path)));
  connecting_.begin(question_.port);
}

void http_look::stop() {
  connecting_.give_up();
  watch_.leave();
  socket_.reset();
  request_ = {};
  answer_.reset();
}

std::string http_look::where() const {
  return fmt::format("http://127.0.0.1:{}{}", question_.port, question_.path);
}

std::string http_look::waited_for() const { return fmt::format("{} has not answered", where()); }

void http_look::connected(system::fd socket) {
  if (auto doubtful = doubt(owner_(question_.port), question_.port)) return finish(*std::move(doubtful));
  socket_ = std::move(socket);
  answer_.emplace(question_.wanted);
  request_ = fmt::format(
      "GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nUser-Agent: ostler\r\nAccept: */*\r\nConnection: "
      "close\r\n\r\n",
      question_.path, question_.port);
  if (auto joined = watch_.join(socket_.get(), EPOLLIN | EPOLLOUT, [this](std::uint32_t) { ready(); });
      !joined)
    finish_no(joined.error().message);
}

void http_look::ready() {
  // An answer may be there before all was asked, and even when no more can be sent.
  if (!request_.empty() && send_rest()) watch_.want(EPOLLIN);
  receive();
}

// False while there is more to be sent.
bool http_look::send_rest() {
  auto const sent = ::send(socket_.get(), request_.data(), request_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0)
    request_.erase(0, static_cast<std::size_t>(sent));
  else if (errno != EAGAIN && errno != EINTR)
    request_.clear();
  return request_.empty();
}

void http_look::receive() {
  std::array<char, 4096> part;
  auto const got = ::recv(socket_.get(), part.data(), part.size(), MSG_DONTWAIT);
  if (got > 0) {
    if (auto const verdict = answer_->feed({part.data(), static_cast<std::size_t>(got)})) decided(*verdict);
    return;
  }
  if (got == 0) return decided(answer_->end());
  if (errno == EAGAIN || errno == EINTR) return;
  // A server that closes before it has read the question resets the connection.
  if (errno == ECONNRESET || errno == EPIPE) return decided(answer_->end());
  finish_no(fmt::format("{}: {}", where(), system::errno_text(errno)));
}

void http_look::decided(http_answer::verdict const& what) {
  if (what.holds) return finish_yes();
  finish_no(fmt::format("{}: {}", where(), what.why));
}

}  // namespace ostler::keeper

#include "client/websocket.hpp"

#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <poll.h>
#include <utility>

#include "client/stream.hpp"
#include "system/clock.hpp"
#include "system/failure.hpp"
#include "system/random.hpp"

namespace ostler::client {
namespace {

// What was sent is dropped from the queue in pieces of this size, so that little is moved.
constexpr std::size_t sent_max = 256UL * 1024;

std::unexpected<error> gone(std::string_view why) {
  return fail(error_code::daemon_unreachable, fmt::format("the daemon went away without a goodbye: {}", why));
}

std::uint32_t new_mask() { return static_cast<std::uint32_t>(system::random_bits()); }

}  // namespace

websocket::websocket(std::unique_ptr<stream> upgraded, std::string_view rest)
    : stream_(std::move(upgraded)), reader_(wire::websocket_role::server) {
  take_bytes(rest);
}
websocket::websocket(websocket&&) noexcept = default;
websocket& websocket::operator=(websocket&&) noexcept = default;
websocket::~websocket() = default;

int websocket::fd() const { return stream_->fd(); }

short websocket::poll_events() const {
  return unsent() > 0 ? static_cast<short>(POLLIN | POLLOUT) : static_cast<short>(POLLIN);
}

result<std::optional<incoming>> websocket::receive() {
  while (!ended_) {
    if (heard_at_ < heard_.size()) {
      auto told = take(std::move(heard_[heard_at_++]));
      if (told) return told;
      continue;
    }
    heard_.clear();
    heard_at_ = 0;
    if (offence_) {
      ended_ = true;
      close(offence_->code, offence_->why);
      return fail(offence_->code == wire::websocket_close::too_big ? error_code::body_too_large
                                                                   : error_code::message_malformed,
                  fmt::format("the daemon does not keep to the protocol: {}", offence_->why));
    }
    auto const more = fill();
    if (!more) {
      ended_ = true;
      return std::unexpected(more.error());
    }
    if (!*more) break;
  }
  return std::nullopt;
}

std::optional<incoming> websocket::take(wire::websocket_heard&& what) {
  switch (what.kind) {
    case wire::websocket_kind::text:
    case wire::websocket_kind::binary:
      return incoming{
          .kind = what.kind == wire::websocket_kind::text ? incoming_kind::text : incoming_kind::binary,
          .data = std::move(what.data)};
    case wire::websocket_kind::ping:
      // Who pings without reading the answers gets no more of them than fit.
      if (unsent() < sent_max) queue(wire::websocket_kind::pong, what.data);
      return std::nullopt;
    case wire::websocket_kind::close:
      ended_ = true;
      close(wire::websocket_close::normal, {});
      return incoming{.kind = incoming_kind::closed, .data = std::move(what.data), .code = what.code};
    case wire::websocket_kind::pong:
    case wire::websocket_kind::more: break;
  }
  return std::nullopt;
}

result<bool> websocket::fill() {
  std::array<char, 16384> space;
  auto const count = stream_->read_now(space);
  if (!count) return gone(count.error().message);
  if (!*count) return false;
  if (**count == 0) return gone("the connection ended");
  take_bytes({space.data(), **count});
  return true;
}

void websocket::take_bytes(std::string_view bytes) { offence_ = reader_.read(as_bytes(bytes), heard_); }

void websocket::send_text(std::string_view text) { queue(wire::websocket_kind::text, text); }
void websocket::send_bytes(std::string_view bytes) { queue(wire::websocket_kind::binary, bytes); }
void websocket::ping() { queue(wire::websocket_kind::ping, {}); }

void websocket::queue(wire::websocket_kind kind, std::string_view payload) {
  // Nothing follows a goodbye.
  if (closing_) return;
  closing_ = kind == wire::websocket_kind::close;
  wire::write_websocket(out_, kind, payload, new_mask());
  // A failure is found again by whoever flushes or receives.
  static_cast<void>(flush());
}

void websocket::close(wire::websocket_close code, std::string_view reason) {
  queue(wire::websocket_kind::close, wire::websocket_close_payload(code, reason));
}

result<void> websocket::flush() {
  while (unsent() > 0) {
    auto const count = stream_->write_now(std::string_view(out_).substr(sent_));
    if (!count) return gone(count.error().message);
    if (*count == 0) break;
    sent_ += *count;
  }
  if (unsent() == 0) {
    out_.clear();
    sent_ = 0;
  } else if (sent_ > sent_max) {
    out_.erase(0, sent_);
    sent_ = 0;
  }
  return {};
}

std::size_t websocket::unsent() const { return out_.size() - sent_; }

result<woken> websocket::wait(milliseconds limit, int other_fd) {
  auto const deadline = system::now() + limit;
  for (;;) {
    if (auto const sent = flush(); !sent) return std::unexpected(sent.error());
    auto const left = std::chrono::ceil<milliseconds>(deadline - system::now());
    std::array<pollfd, 2> asked{{{.fd = fd(), .events = poll_events(), .revents = 0},
                                 {.fd = other_fd, .events = POLLIN, .revents = 0}}};
    auto const time = limit < 0ms ? -1 : static_cast<int>(std::max<milliseconds::rep>(left.count(), 0));
    auto const count = ::poll(asked.data(), asked.size(), time);
    if (count < 0 && !system::interrupted()) return system::fail_errno("wait for the daemon");
    if (count > 0 && asked[1].revents != 0) return woken::other_fd;
    if (count > 0 && (asked[0].revents & ~POLLOUT) != 0) return woken::message_may_be_there;
    if (limit >= 0ms && system::now() >= deadline) return woken::time_is_over;
  }
}

result<std::optional<incoming>> websocket::receive_within(milliseconds limit) {
  auto const deadline = system::now() + limit;
  for (;;) {
    auto next = receive();
    if (!next || *next || ended_) return next;
    auto const left = std::chrono::ceil<milliseconds>(deadline - system::now());
    auto const why = wait(limit < 0ms ? limit : std::max(left, 0ms));
    if (!why) return std::unexpected(why.error());
    if (*why == woken::time_is_over) return std::nullopt;
  }
}

}  // namespace ostler::client

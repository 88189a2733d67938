#include "control/websocket/link.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <sys/uio.h>
#include <utility>

#include "base/ensure.hpp"
#include "control/parts.hpp"

namespace ostler::control::websocket {
namespace {

// Frames that go out in one call.
constexpr std::size_t frames_at_once = 64;
// Above this, who can wait does.
constexpr std::size_t room_at_least = 256UL * 1024;
// What may stay allocated between messages.
constexpr std::size_t spare_max = 16;

}  // namespace

link::link(parts& shared, stream connected, caller::pass shown, std::string_view early)
    : shared_(shared), stream_(std::move(connected)), shown_(shown) {
  shared_.sweep.add(*this);
  ++shared_.counts.open_websockets;
  // Between the grant and now it may have been taken away.
  link::judge();
  if (!early.empty()) take_bytes(as_bytes(early));
}

link::~link() {
  if (here_) *here_ = false;
  shared_.flush.forget(*this);
  shared_.sweep.remove(*this);
  --shared_.counts.open_websockets;
}

async::task<result<std::optional<message>>> link::receive() {
  for (;;) {
    while (inbox_at_ < inbox_.size()) {
      auto got = take(std::move(inbox_[inbox_at_++]));
      if (got) co_return std::move(got);
    }
    inbox_at_ = 0;
    inbox_.clear();
    if (inbox_.capacity() > spare_max) inbox_.shrink_to_fit();
    if (!trouble_.empty()) co_return fail(trouble_code_, fmt::format("the websocket ended: {}", trouble_));
    if (state_ == state::over) co_return std::nullopt;
    if (!read_now()) co_await stream_.readable();
  }
}

bool link::read_now() {
  if (!more_may_be_there_) {
    more_may_be_there_ = true;
    return false;
  }
  auto const got = stream_.read(shared_.scratch);
  if (got.how == stream::outcome::later) return false;
  if (got.how == stream::outcome::ended) {
    ended_ = true;
    broke(peer_closed_ || state_ == state::closing ? "" : "the other side went away without a close");
    return true;
  }
  // What did not fill the buffer was all there is; the next look would only say so.
  more_may_be_there_ = got.bytes == shared_.scratch.size();
  take_bytes(as_bytes(std::string_view(shared_.scratch.data(), got.bytes)));
  return true;
}

void link::take_bytes(byte_view bytes) {
  heard_ = true;
  if (auto const wrong = reader_.read(bytes, inbox_)) offended(*wrong);
}

std::optional<message> link::take(wire::websocket_heard&& what) {
  switch (what.kind) {
    case wire::websocket_kind::text:
    case wire::websocket_kind::binary:
      // What comes behind our close is for nobody.
      if (state_ != state::open) return std::nullopt;
      return message{
          .kind = what.kind == wire::websocket_kind::text ? message_kind::text : message_kind::binary,
          .data = std::move(what.data)};
    case wire::websocket_kind::ping:
      // One answer is enough for all that wait to go out, so that a flood of pings fills no queue.
      if (state_ == state::open && !std::exchange(pong_waits_, true))
        queue_word(wire::websocket_kind::pong, what.data);
      return std::nullopt;
    case wire::websocket_kind::close: answer_close(what.code); return std::nullopt;
    case wire::websocket_kind::pong:
    case wire::websocket_kind::more: return std::nullopt;
  }
  return std::nullopt;
}

void link::answer_close(std::uint16_t code) {
  peer_closed_ = true;
  if (state_ == state::open)
    queue_close(close_code(code) == close_code::none_given ? close_code::normal : close_code(code), {});
  state_ = state::over;
  flush();
}

void link::offended(wire::websocket_offence const& what) {
  if (state_ == state::open) queue_close(what.code, what.why);
  trouble_code_ = error_code::message_malformed;
  broke(what.why);
  flush();
}

void link::broke(std::string_view why) {
  state_ = state::over;
  if (trouble_.empty()) trouble_ = why;
  if (room_) room_->ring();
}

async::task<result<void>> link::send(message what) {
  auto const made = shared_message(what.data, what.kind);
  while (state_ == state::open && out_bytes_ >= room_at_least) {
    if (!room_) room_ = std::make_unique<async::bell>(shared_.where);
    co_await room_->heard();
  }
  if (state_ != state::open)
    co_return fail(error_code::link_lost,
                   fmt::format("the websocket is closed{}{}", trouble_.empty() ? "" : ": ", trouble_));
  queue(made.shared_frame());
  co_return result<void>();
}

push_outcome link::push(shared_message const& what) {
  if (state_ != state::open) return push_outcome::closed;
  if (waiting_messages() >= shared_.limit.queue_messages ||
      out_bytes_ + what.frame().size() > shared_.limit.queue_bytes)
    return push_outcome::full;
  queue(what.shared_frame());
  return push_outcome::taken;
}

void link::close(close_code code, std::string_view why) {
  if (state_ != state::open) return;
  queue_close(code, why);
  state_ = state::closing;
  if (room_) room_->ring();
}

void link::queue_word(wire::websocket_kind kind, std::string_view payload) {
  std::string frame;
  wire::write_websocket(frame, kind, payload, std::nullopt);
  queue(std::make_shared<std::string const>(std::move(frame)));
}

void link::queue_close(close_code code, std::string_view why) {
  queue_word(wire::websocket_kind::close, wire::websocket_close_payload(code, why));
}

void link::queue(frame what) {
  if (ended_) return;
  out_bytes_ += what->size();
  out_.push_back(std::move(what));
  if (!blocked_) shared_.flush.add(*this);
}

void link::flush() {
  while (!ended_ && out_at_ < out_.size()) {
    std::array<iovec, frames_at_once> pieces{};
    std::size_t count = 0;
    std::size_t offset = out_offset_;
    for (auto i = out_at_; i < out_.size() && count < pieces.size(); ++i) {
      // The call reads only.
      pieces[count++] = {.iov_base = const_cast<char*>(out_[i]->data()) + offset,
                         .iov_len = out_[i]->size() - offset};
      offset = 0;
    }
    auto const done = stream_.write(std::span<iovec const>(pieces).first(count));
    if (done.how == stream::outcome::later) return wait_for_room_to_write();
    if (done.how == stream::outcome::ended) {
      ended_ = true;
      broke("what was sent could not go out");
      // Whoever waits to read hears of it.
      return stream_.shut();
    }
    written(done.bytes);
  }
  pong_waits_ = false;
  if (state_ == state::over) stream_.shut_writing();
}

void link::written(std::size_t bytes) {
  moved_ = true;
  out_bytes_ -= bytes;
  bytes += std::exchange(out_offset_, 0);
  while (out_at_ < out_.size() && bytes >= out_[out_at_]->size())
    bytes -= std::exchange(out_[out_at_++], {})->size();
  out_offset_ = bytes;
  if (out_at_ == out_.size()) {
    out_at_ = 0;
    out_.clear();
    if (out_.capacity() > spare_max) out_.shrink_to_fit();
  } else if (out_at_ >= frames_at_once) {
    out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(std::exchange(out_at_, 0)));
  }
  if (room_ && out_bytes_ < room_at_least) room_->ring();
}

void link::wait_for_room_to_write() {
  if (std::exchange(blocked_, true)) return;
  if (!here_) here_ = std::make_shared<bool>(true);
  stream_.when_writable([this, here = here_] {
    if (!*here) return;
    blocked_ = false;
    // It took something, so it is alive, also when it has nothing to say.
    heard_ = true;
    flush();
  });
}

async::task<void> link::finish() {
  close(close_code::normal, {});
  // What still comes is read and dropped, so that the other side reads our close before the end.
  while (!ended_) {
    if (peer_closed_ && out_.empty()) break;
    inbox_.clear();
    inbox_at_ = 0;
    auto const got = stream_.read(shared_.scratch);
    if (got.how == stream::outcome::ended) break;
    if (got.how == stream::outcome::later) {
      co_await stream_.readable();
      continue;
    }
    bool const readable = trouble_.empty() && !peer_closed_;
    if (!readable) continue;
    auto const bytes = as_bytes(std::string_view(shared_.scratch.data(), got.bytes));
    if (auto const wrong = reader_.read(bytes, inbox_)) {
      offended(*wrong);
      continue;
    }
    for (auto& one : inbox_) take(std::move(one));
  }
}

void link::look(instant now) {
  auto const& limit = shared_.limit;
  if (std::exchange(heard_, false) || !heard_at_) heard_at_ = now;
  if (std::exchange(moved_, false) || out_.empty()) stuck_since_.reset();
  if (!out_.empty() && !stuck_since_) stuck_since_ = now;
  if (state_ != state::open && !closing_since_) closing_since_ = now;
  bool const stuck = stuck_since_ && now - *stuck_since_ >= limit.write;
  // A close waits for its turn in the queue, so the handshake counts from when it went out.
  bool const closes_too_long = closing_since_ && out_.empty() && now - *closing_since_ >= limit.close;
  if (now - *heard_at_ >= limit.silence || stuck || closes_too_long) {
    broke(stuck ? "the other side does not take what is sent" : "the other side was silent for too long");
    return stream_.shut();
  }
  if (!out_.empty() && closing_since_) closing_since_ = now;
  if (!pinged_at_) pinged_at_ = now;
  if (state_ == state::open && now - *pinged_at_ >= limit.ping) {
    pinged_at_ = now;
    queue_word(wire::websocket_kind::ping, {});
  }
}

void link::leave() { close(close_code::going_away, "the daemon leaves"); }

void link::judge() {
  if (!shared_.tokens.still_lets(shown_))
    return close(close_code::policy, "the token of this connection was revoked or changed");
  bool const gone =
      shown_.scope == token_scope::one_instance && !shared_.find_instance(shown_.instance.text());
  if (gone) close(close_code::policy, control::instance_gone);
}

void link::instance_gone(instance_id const& which) {
  if (shown_.scope == token_scope::one_instance && shown_.instance == which)
    close(close_code::policy, control::instance_gone);
}

}  // namespace ostler::control::websocket

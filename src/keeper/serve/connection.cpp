#include "keeper/serve/connection.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <sys/socket.h>
#include <utility>

#include "base/ensure.hpp"
#include "system/clock.hpp"
#include "system/failure.hpp"

namespace ostler::keeper {
namespace {

// Streams and events fill the buffer up to here; answers may go beyond, and then nothing more is read.
constexpr std::size_t buffer_full = 256UL * 1024;
constexpr std::size_t buffer_choked = 4UL * 1024 * 1024;
constexpr std::size_t channels_max = 256;
// A client that reads as fast as we write lets others have their turn after so much.
constexpr std::size_t turn_max = 1024UL * 1024;

}  // namespace

void request::say(std::string_view text) const { from_->send_message(text); }

connection::connection(loop& on, ledger& story, system::fd socket, peer other, handlers const& what)
    : story_(story),
      socket_(std::move(socket)),
      peer_(other),
      handlers_(what),
      watch_(on),
      came_at_(system::now()),
      heard_at_(came_at_) {
  if (!watch_.join(socket_.get(), EPOLLIN, [this](std::uint32_t events) { ready(events); })) close();
}

connection::~connection() {
  jobs_.clear();
  for (auto const& [number, each] : channels_) each->owner_ = nullptr;
}

void connection::ready(std::uint32_t events) {
  ++busy_;
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read();
  if (!over_) flush();
  --busy_;
  settle();
}

void connection::read() {
  auto const space = reader_.space();
  auto const got =
      system::uninterrupted([&] { return ::recv(socket_.get(), space.data(), space.size(), MSG_DONTWAIT); });
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
  if (got <= 0) return close();
  heard_at_ = system::now();
  reader_.filled(static_cast<std::size_t>(got));
  while (!over_ && !leaving_) {
    auto const next = reader_.next();
    if (!next) return malformed(next.error().message);
    if (!*next) return;
    if (!take_frame(**next)) return;
  }
}

bool connection::take_frame(wire::frame const& got) {
  if (got.kind == wire::frame_kind::control)
    take_control(got.payload);
  else
    take_stream_frame(got);
  return !over_ && !leaving_;
}

void connection::take_control(std::string_view text) {
  auto const content = wire::message::parse(text);
  if (!content) return malformed(content.error().message);
  if (!content->id()) return handlers_.message(*this, *content);
  request const asked(*this, *content->id());
  if (!welcome) return asked.refuse({error_code::not_authorized, "say hello with the token first", {}, {}});
  handlers_.asked(asked, *content);
}

void connection::take_stream_frame(wire::frame const& got) {
  auto const found = channels_.find(got.stream);
  // It may have been closed by us while this was on its way.
  if (found == channels_.end()) return;
  auto& stream = *found->second;
  switch (got.kind) {
    case wire::frame_kind::data: {
      if (stream.heard_end_ || got.payload.size() > stream.granted_)
        return malformed(fmt::format("stream {} carries {} bytes, but {} were granted", got.stream,
                                     got.payload.size(), stream.heard_end_ ? 0 : stream.granted_));
      stream.granted_ -= got.payload.size();
      if (stream.handlers_.data) stream.handlers_.data(got.payload);
      return;
    }
    case wire::frame_kind::end:
      if (!std::exchange(stream.heard_end_, true) && stream.handlers_.end) stream.handlers_.end();
      return;
    case wire::frame_kind::credit: {
      auto const more = wire::credit_of(got);
      if (!more) return malformed("a credit has four bytes");
      bool const stuck = stream.credit_ == 0;
      stream.credit_ += *more;
      if (stuck && stream.may_send() > 0 && stream.handlers_.room) stream.handlers_.room();
      return;
    }
    case wire::frame_kind::cancel: {
      channels_.erase(found);
      stream.owner_ = nullptr;
      if (stream.handlers_.gone) stream.handlers_.gone();
      return;
    }
    case wire::frame_kind::control: break;
  }
}

void connection::malformed(std::string why) {
  send_away({error_code::message_malformed, std::move(why), {}, {}});
}

void connection::send_message(std::string_view text) {
  if (over_ || leaving_) return;
  if (text.size() > wire::control_size_max)
    text = R"({"type":"refused","error":{"code":"P0691","message":"the answer is too large to be sent"}})";
  wire::write_control(out_, text);
  if (busy_ == 0) poke();
}

void connection::send_away(error const& why) {
  if (over_) return;
  // It had its time to read the first farewell.
  if (leaving_) return close();
  wire::write_control(out_, wire::refused_text(why));
  leaving_ = true;
  if (busy_ == 0) poke();
}

void connection::tell_after(std::uint64_t seq) {
  told_ = ledger::after(seq);
  telling_ = true;
  poke();
}

void connection::poke() {
  if (over_) return;
  ++busy_;
  flush();
  --busy_;
  if (busy_ > 0) return;
  want();
  // From outside nobody expects that it is destroyed meanwhile.
  if (over_) attend();
}

std::size_t connection::room() const { return pending() >= buffer_full ? 0 : buffer_full - pending(); }

void connection::tell_events() {
  while (telling_ && !leaving_ && room() > 0) {
    auto const line = story_.next(told_);
    if (line.empty()) return;
    wire::write_control(out_, line);
  }
}

void connection::flush() {
  for (std::size_t turn = 0;;) {
    tell_events();
    // What is left then calls us again.
    if (pending() == 0 || turn >= turn_max) break;
    auto const sent = system::uninterrupted([&] {
      return ::send(socket_.get(), out_.data() + out_sent_, pending(), MSG_DONTWAIT | MSG_NOSIGNAL);
    });
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (sent <= 0) return close();
    out_sent_ += static_cast<std::size_t>(sent);
    turn += static_cast<std::size_t>(sent);
    bool const empty = pending() == 0;
    if (empty) {
      out_.clear();
      out_sent_ = 0;
    } else if (out_sent_ > buffer_full) {
      out_.erase(0, out_sent_);
      out_sent_ = 0;
    }
    offer_room();
    if (empty && out_.empty() && (!telling_ || story_.at_end(told_))) break;
  }
  if (pending() == 0) {
    // What was large once is not kept while nothing happens.
    if (out_.capacity() > 4096) out_ = {};
    if (leaving_) return close();
  }
}

void connection::offer_room() {
  // A handler may close its own channel or open another: go by number.
  std::uint32_t at = 0;
  while (room() > 0 && !over_) {
    auto const next = channels_.lower_bound(at);
    if (next == channels_.end()) return;
    at = next->first + 1;
    auto& stream = *next->second;
    if (stream.may_send() > 0 && stream.handlers_.room) stream.handlers_.room();
    if (at == 0) return;
  }
}

void connection::want() {
  if (over_) return;
  bool const choked = pending() >= buffer_choked || leaving_;
  watch_.want((choked ? 0U : static_cast<std::uint32_t>(EPOLLIN)) |
              (pending() > 0 ? static_cast<std::uint32_t>(EPOLLOUT) : 0U));
}

void connection::settle() {
  if (busy_ > 0) return;
  ++busy_;
  std::erase_if(jobs_, [](std::unique_ptr<job> const& each) { return each->finished(); });
  --busy_;
  want();
  if (over_) handlers_.ended(*this);
}

void connection::close() {
  if (std::exchange(over_, true)) return;
  watch_.leave();
  auto const left = std::exchange(channels_, {});
  for (auto const& [number, each] : left) each->owner_ = nullptr;
  for (auto const& [number, each] : left)
    if (each->handlers_.gone) each->handlers_.gone();
  if (busy_ == 0) attend();
}

result<std::unique_ptr<channel>> connection::open_channel(std::uint32_t number) {
  if (number == 0) return fail(error_code::value_out_of_range, "name a stream from 1 to 4294967295");
  if (channels_.contains(number))
    return fail(error_code::value_out_of_range, fmt::format("stream {} is in use", number));
  if (channels_.size() >= channels_max)
    return fail(error_code::limit_reached,
                fmt::format("{} streams are open on this link; no more are allowed", channels_max));
  std::unique_ptr<channel> made(new channel(*this, number));
  channels_.emplace(number, made.get());
  return made;
}

channel::~channel() {
  if (closed()) return;
  auto& owner = *owner_;
  owner.channels_.erase(number_);
  if (ended_ && heard_end_) return;
  // Ended by us is enough when nothing was ever to come.
  if (ended_ && granted_ == 0) return;
  wire::write_frame(owner.out_, wire::frame_kind::cancel, number_, {});
  if (owner.busy_ == 0) owner.poke();
}

std::size_t channel::may_send() const {
  if (closed() || ended_ || owner_->over_ || owner_->leaving_) return 0;
  return static_cast<std::size_t>(std::min<std::uint64_t>(credit_, owner_->room()));
}

void channel::send(std::string_view bytes) {
  ensure(bytes.size() <= may_send(), "nobody sends more than there is room for");
  credit_ -= bytes.size();
  while (!bytes.empty()) {
    auto const piece = bytes.substr(0, wire::data_size_max);
    wire::write_frame(owner_->out_, wire::frame_kind::data, number_, piece);
    bytes.remove_prefix(piece.size());
  }
  if (owner_->busy_ == 0) owner_->poke();
}

void channel::end() {
  if (closed() || std::exchange(ended_, true)) return;
  wire::write_frame(owner_->out_, wire::frame_kind::end, number_, {});
  if (owner_->busy_ == 0) owner_->poke();
}

void channel::grant(std::uint32_t bytes) {
  if (closed() || heard_end_ || bytes == 0) return;
  granted_ += bytes;
  wire::write_credit(owner_->out_, number_, bytes);
  if (owner_->busy_ == 0) owner_->poke();
}

void channel::cancel(error const& why) {
  if (closed()) return;
  auto& owner = *owner_;
  wire::write_frame(owner.out_, wire::frame_kind::cancel, number_,
                    wire::to_json(wire::told(why)).substr(0, 16UL * 1024));
  owner.channels_.erase(number_);
  owner_ = nullptr;
  if (owner.busy_ == 0) owner.poke();
}

}  // namespace ostler::keeper

#include "supervisor/keeper_client.hpp"

#include <algorithm>
#include <boost/asio/experimental/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <utility>

#include "system/failure.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::supervisor {
namespace {

namespace asio = boost::asio;

constexpr std::size_t window = 256UL * 1024;
constexpr std::size_t sessions_remembered = 256;

error lost(std::string why) { return {error_code::link_failed, std::move(why), {}, {}}; }

}  // namespace

struct keeper_client::question::waiting {
  explicit waiting(async::home const& where) : answered(where) {}
  std::optional<result<wire::message>> said;
  async::bell answered;
  // By number, because the stream may be given up before the answer; 0: none.
  std::uint32_t stream = 0;
};

keeper_client::keeper_client(async::home const& where, system::fd socket)
    : home_(where), socket_(where, socket.release()), session_changed_(where) {
  socket_.native_non_blocking(true);
}

keeper_client::~keeper_client() = default;

// --- what comes ---

task<result<void>> keeper_client::receive() {
  for (;;) {
    if (closed_) co_return std::unexpected(*closed_);
    auto const space = reader_.space();
    auto const got = system::uninterrupted(
        [&] { return ::recv(socket_.native_handle(), space.data(), space.size(), MSG_DONTWAIT); });
    if (got > 0) {
      reader_.filled(static_cast<std::size_t>(got));
      co_return result<void>{};
    }
    if (got == 0) co_return std::unexpected(lost("the keeper closed the connection"));
    if (errno != EAGAIN && errno != EWOULDBLOCK)
      co_return std::unexpected(lost(system::fail_errno("hear the keeper").error().message));
    auto const [failed] = co_await socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                                                      asio::experimental::as_tuple(asio::use_awaitable));
    if (failed && !closed_) co_return std::unexpected(lost("the connection to the keeper was given up"));
  }
}

task<result<std::optional<wire::frame>>> keeper_client::next_frame() {
  for (;;) {
    auto const next = reader_.next();
    if (!next) co_return std::unexpected(lost(next.error().message));
    if (*next) co_return *next;
    if (auto const more = co_await receive(); !more) co_return std::unexpected(more.error());
  }
}

task<result<wire::registered>> keeper_client::greeting() {
  auto const first = co_await next_frame();
  if (!first) co_return std::unexpected(first.error());
  auto const said = wire::message::parse((*first)->payload);
  if (!said) co_return std::unexpected(lost(said.error().message));
  if (said->type() == "refused") {
    auto const why = said->refusal();
    co_return std::unexpected(why ? *why : lost("the keeper refused the connection"));
  }
  if (said->type() != "registered")
    co_return std::unexpected(lost(fmt::format("the keeper began with {}", in_quotes(said->type()))));
  co_return said->as<wire::registered>();
}

task<error> keeper_client::listen(ears to) {
  // Somebody who waits here must not outlive us.
  auto const kept = shared_from_this();
  for (;;) {
    auto const next = co_await next_frame();
    auto const taken = next ? take(**next, to) : result<void>(std::unexpected(next.error()));
    if (taken) continue;
    close(taken.error());
    co_return *closed_;
  }
}

result<void> keeper_client::take(wire::frame const& got, ears const& to) {
  to.heard();
  if (closed_) return std::unexpected(*closed_);
  if (got.kind == wire::frame_kind::control) return take_control(got.payload, to);
  auto const found = streams_.find(got.stream);
  // It may have been given up by us while this was on its way.
  if (found != streams_.end()) found->second->take(got);
  return {};
}

result<void> keeper_client::take_control(std::string_view text, ears const& to) {
  auto const said = wire::message::parse(text);
  if (!said) return std::unexpected(lost(said.error().message));
  if (said->id()) {
    auto const found = questions_.find(*said->id());
    if (found == questions_.end()) return {};
    auto const one = found->second;
    questions_.erase(found);
    auto const refused = said->refusal();
    one->said = refused ? result<wire::message>(std::unexpected(*refused)) : result<wire::message>(*said);
    one->answered.ring();
    if (auto const stream = streams_.find(one->stream); refused && stream != streams_.end())
      stream->second->closed(*refused);
    return {};
  }
  if (said->type() == "event") {
    auto const told = said->as<wire::keeper_event>();
    if (!told) return std::unexpected(lost(told.error().message));
    remember(*told);
    to.told(*told);
  } else if (said->type() == "heartbeat") {
    if (auto const one = said->as<wire::heartbeat>()) to.beat(*one);
  } else if (said->type() == "refused") {
    auto const why = said->refusal();
    return std::unexpected(why ? *why : lost("the keeper sent us away"));
  }
  // Of a later release: whatever it is, it asks for no answer.
  return {};
}

void keeper_client::close(error const& why) {
  if (closed_) return;
  closed_ = why;
  boost::system::error_code ignored;
  socket_.close(ignored);
  for (auto const& [id, one] : std::exchange(questions_, {})) {
    one->said = std::unexpected(why);
    one->answered.ring();
  }
  for (auto const& [number, one] : std::exchange(streams_, {})) one->closed(why);
  session_changed_.ring();
}

// --- what goes ---

void keeper_client::hello(wire::hello const& with) {
  wire::write_control(out_, wire::to_json(with));
  flush();
}

void keeper_client::beat() {
  wire::write_control(out_, wire::to_json(wire::heartbeat{}));
  flush();
}

keeper_client::question keeper_client::send_text(std::uint64_t id, std::string const& text) {
  question asked;
  asked.asked_ = shared_from_this();
  asked.waits_ = std::make_shared<question::waiting>(home_);
  if (closed_) {
    asked.waits_->said = std::unexpected(*closed_);
  } else if (text.size() > wire::control_size_max) {
    asked.waits_->said = fail(error_code::body_too_large, "the request is too large for the keeper");
  } else {
    questions_.emplace(id, asked.waits_);
    wire::write_control(out_, text);
    flush();
  }
  return asked;
}

task<result<wire::message>> keeper_client::question::message() {
  auto const waits = waits_;
  while (!waits->said) co_await waits->answered.heard();
  co_return *waits->said;
}

void keeper_client::question::carries(keeper_stream const& stream) { waits_->stream = stream.number(); }

void keeper_client::flush() {
  if (closed_ || writing_) return;
  while (out_sent_ < out_.size()) {
    auto const sent = system::uninterrupted([&] {
      return ::send(socket_.native_handle(), out_.data() + out_sent_, out_.size() - out_sent_,
                    MSG_DONTWAIT | MSG_NOSIGNAL);
    });
    if (sent > 0) {
      out_sent_ += static_cast<std::size_t>(sent);
      continue;
    }
    // A connection that is no more ends by its reader.
    if (errno != EAGAIN && errno != EWOULDBLOCK) break;
    writing_ = true;
    socket_.async_wait(asio::posix::stream_descriptor::wait_write,
                       [self = shared_from_this()](boost::system::error_code failed) {
                         self->writing_ = false;
                         if (!failed) self->flush();
                       });
    return;
  }
  out_.clear();
  out_sent_ = 0;
  if (out_.capacity() > window) out_.shrink_to_fit();
}

// --- sessions ---

void keeper_client::remember(wire::keeper_event const& told) {
  if (told.session.empty()) return;
  bool const ended = told.fact == "process.exited";
  if (!ended && told.fact != "session.closed") return;
  auto const [at, is_new] = sessions_.try_emplace(told.session);
  if (is_new) sessions_in_order_.push_back(told.session);
  if (ended)
    at->second.exit = told.exit;
  else
    at->second.closed = true;
  if (sessions_in_order_.size() > sessions_remembered) {
    sessions_.erase(sessions_in_order_.front());
    sessions_in_order_.pop_front();
  }
  session_changed_.ring();
}

task<result<wire::exit_told>> keeper_client::session_end(std::string session) {
  auto const kept = shared_from_this();
  bool looked = false;
  for (;;) {
    if (auto const found = sessions_.find(session); found != sessions_.end()) {
      if (found->second.exit) co_return *found->second.exit;
      if (found->second.closed) co_return wire::exit_told{};
    }
    if (closed_) co_return std::unexpected(*closed_);
    if (looked) {
      co_await session_changed_.heard();
      continue;
    }
    // It may have ended before this connection was made.
    looked = true;
    auto const status = co_await ask<wire::keeper_status>("status", wire::nothing{});
    if (!status) co_return std::unexpected(status.error());
    auto const seen = std::ranges::find(status->sessions, session, &wire::session_status::session);
    if (seen == status->sessions.end()) {
      if (sessions_.contains(session)) continue;
      co_return fail(error_code::session_unknown, fmt::format("there is no session {}", in_quotes(session)));
    }
    if (seen->exit) co_return *seen->exit;
  }
}

// --- streams ---

keeper_stream::keeper_stream(std::shared_ptr<keeper_client> owner)
    : owner_(std::move(owner)), number_(++owner_->last_stream_), changed_(owner_->home_) {
  if (owner_->closed_)
    gone_ = owner_->closed_;
  else
    owner_->streams_.emplace(number_, this);
}

keeper_stream::~keeper_stream() { give_up(); }

void keeper_stream::give_up() {
  bool const is_known = owner_->streams_.erase(number_) > 0;
  if (is_known && !(heard_end_ && ended_) && !gone_) {
    wire::write_frame(owner_->out_, wire::frame_kind::cancel, number_, {});
    owner_->flush();
  }
  if (!gone_) closed(lost("the stream was given up by us"));
}

void keeper_stream::take(wire::frame const& got) {
  switch (got.kind) {
    case wire::frame_kind::data:
      granted_ -= std::min(granted_, got.payload.size());
      unread_ += got.payload.size();
      came_.emplace_back(got.payload);
      break;
    case wire::frame_kind::end: heard_end_ = true; break;
    case wire::frame_kind::credit: credit_ += wire::credit_of(got).value_or(0); break;
    case wire::frame_kind::cancel: {
      auto const why = wire::from_json<wire::told_error>(got.payload);
      gone_ = why && !why->message.empty() ? wire::heard(*why) : lost("the keeper gave the stream up");
      break;
    }
    case wire::frame_kind::control: return;
  }
  changed_.ring();
}

void keeper_stream::closed(error const& why) {
  gone_ = why;
  changed_.ring();
}

task<result<std::optional<std::string>>> keeper_stream::read() {
  for (;;) {
    if (auto const held = granted_ + unread_; !gone_ && !heard_end_ && held <= window / 2) {
      wire::write_credit(owner_->out_, number_, static_cast<std::uint32_t>(window - held));
      granted_ += window - held;
      owner_->flush();
    }
    if (!came_.empty()) {
      std::optional<std::string> next(std::move(came_.front()));
      came_.pop_front();
      unread_ -= next->size();
      co_return next;
    }
    if (heard_end_) co_return std::optional<std::string>();
    if (gone_) co_return std::unexpected(*gone_);
    co_await changed_.heard();
  }
}

task<result<std::string>> keeper_stream::read_last(std::size_t most) {
  std::string all;
  for (;;) {
    auto next = co_await read();
    if (!next) co_return std::unexpected(next.error());
    if (!*next) co_return all;
    all += **next;
    if (all.size() > most) all.erase(0, all.size() - most);
  }
}

task<result<void>> keeper_stream::write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (gone_) co_return std::unexpected(*gone_);
    if (credit_ == 0) {
      co_await changed_.heard();
      continue;
    }
    auto const part = bytes.substr(0, std::min<std::uint64_t>({bytes.size(), credit_, wire::data_size_max}));
    wire::write_frame(owner_->out_, wire::frame_kind::data, number_, part);
    credit_ -= part.size();
    bytes.remove_prefix(part.size());
    owner_->flush();
  }
  co_return result<void>{};
}

void keeper_stream::end() {
  if (gone_ || std::exchange(ended_, true)) return;
  wire::write_frame(owner_->out_, wire::frame_kind::end, number_, {});
  owner_->flush();
}

}  // namespace ostler::supervisor

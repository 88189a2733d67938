#include "keeper/sessions/terminal_output.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <utility>

#include "keeper/sessions/terminal_device.hpp"
#include "system/clock.hpp"
#include "system/failure.hpp"

namespace ostler::keeper {
namespace {

constexpr std::size_t turn_max = std::size_t{64} * 1024;
constexpr auto patience = 1s;
constexpr std::uint64_t lag_max = scrollback::default_size / 2;

}  // namespace

terminal_output::terminal_output(output_needs needs, terminal_start with)
    : needs_(std::move(needs)),
      feed_(*needs_.on, needs_.later),
      ours_(std::move(with.ours)),
      watch_(*needs_.on),
      stalled_(*needs_.on, [this] { pace(); }),
      size_(with.size) {
  kept_.append(with.scrollback);
  if (!ours_) return;
  // A second number for the same, because one can be waited for only once.
  if (system::fd second(::fcntl(ours_.get(), F_DUPFD_CLOEXEC, 3)); second)
    feed_.start(std::move(second), input_feed::when_alone::keep, std::move(with.pending));
  pace();
}

terminal_output::~terminal_output() {
  busy_ = true;
  for (auto const& each : viewers_)
    if (each->to) each->to->on({});
}

result<void> terminal_output::attach(connection& by, wire::session_attach const& how) {
  if (how.err != 0)
    return fail(error_code::invalid_state,
                fmt::format("session {} has a terminal: all output is one", how.session));
  if (how.out == 0)
    return fail(error_code::value_out_of_range, "name a stream for the output of the terminal");
  auto out = open_stream(by, how.out);
  if (!out) return std::unexpected(out.error());
  // What has ended can be looked at only.
  auto in = open_stream(by, feed_.is_open() ? how.in : 0);
  if (!in) return std::unexpected(in.error());
  auto& made = *viewers_.emplace_back(std::make_unique<viewer>());
  made.to = std::move(*out);
  made.by = &by;
  made.size = how.terminal;
  made.first = kept_.replay();
  made.position = kept_.end_position();
  made.moved_at = system::now();
  made.to->on({.data = {},
               .end = {},
               .room = [this] { serve(); },
               .gone =
                   [this] {
                     needs_.later();
                     serve();
                   }});
  if (*in)
    feed_.add(std::move(*in), [this, number = made.to->number(), from = &by] {
      for (auto const& each : viewers_)
        if (each->open() && each->by == from && each->to->number() == number) return typed(*each);
    });
  if (made.size) use(*made.size);
  serve();
  return {};
}

void terminal_output::typed(viewer const& by) {
  if (by.size) use(*by.size);
}

result<void> terminal_output::resize(connection const& by, wire::terminal_size size) {
  for (auto const& each : viewers_)
    if (each->open() && each->by == &by) each->size = size;
  if (ours_) {
    if (auto done = set_terminal_size(ours_.get(), size); !done) return done;
  }
  size_ = size;
  return {};
}

void terminal_output::use(wire::terminal_size size) {
  if (!ours_ || (size.rows == size_.rows && size.columns == size_.columns)) return;
  if (set_terminal_size(ours_.get(), size)) size_ = size;
}

void terminal_output::detach(error const& why) {
  for (auto const& each : viewers_)
    if (each->open()) each->to->cancel(why);
  feed_.detach(why);
  needs_.later();
  pace();
}

void terminal_output::ready() {
  for (std::size_t turns = 0; ours_ && turns < turn_max / 4096 && read_some(); ++turns) {
  }
  serve();
}

bool terminal_output::read_some() {
  auto const memory = needs_.buffer->borrow();
  if (memory.empty()) return false;
  auto const got = system::uninterrupted([&] { return ::read(ours_.get(), memory.data(), turn_max); });
  if (got < 0 && errno == EAGAIN) return false;
  // EIO: no program has it open any more.
  if (got <= 0) {
    end();
    return false;
  }
  auto const bytes = byte_view(memory).first(static_cast<std::size_t>(got));
  needs_.log->append(log_stream::out, system::wall_now(), bytes);
  kept_.append(as_text(bytes));
  return true;
}

void terminal_output::end() {
  watch_.leave();
  stalled_.clear();
  ours_.reset();
  feed_.stop();
  needs_.at_end();
}

void terminal_output::serve() {
  if (std::exchange(busy_, true)) {
    again_ = true;
    return;
  }
  do {
    again_ = false;
    for (std::size_t at = 0; at < viewers_.size(); ++at) serve(*viewers_[at]);
  } while (again_);
  busy_ = false;
  pace();
}

void terminal_output::serve(viewer& one) {
  while (one.open()) {
    if (one.first_sent == one.first.size() && one.position < kept_.begin_position()) begin_anew(one);
    auto piece = std::string_view(one.first).substr(one.first_sent);
    bool const replaying = !piece.empty();
    if (!replaying) {
      one.first = {};
      one.first_sent = 0;
      piece = kept_.piece_at(one.position);
    }
    if (piece.empty()) break;
    piece = piece.substr(0, one.to->may_send());
    if (piece.empty()) return;
    if (replaying)
      one.first_sent += piece.size();
    else
      one.position += piece.size();
    one.moved_at = system::now();
    one.to->send(piece);
  }
  if (!one.open() || ours_) return;
  one.done = true;
  one.to->end();
  needs_.later();
}

void terminal_output::begin_anew(viewer& one) const {
  // CAN ends whatever sequence he is in.
  one.first = fmt::format(
      "\x18\x1b"
      "c[{} bytes were left out here]\r\n",
      kept_.end_position() - one.position);
  one.first += kept_.replay();
  one.first_sent = 0;
  one.position = kept_.end_position();
}

std::uint64_t terminal_output::lag(viewer const& one) const { return kept_.end_position() - one.position; }

void terminal_output::pace() {
  if (!ours_) return;
  auto const now = system::now();
  // Until when somebody is waited for; nobody, when somebody has room to spare.
  std::optional<instant> until;
  for (auto const& each : viewers_) {
    if (!each->open() || each->moved_at + patience <= now) continue;
    if (lag(*each) <= lag_max) {
      until.reset();
      break;
    }
    until = std::max(until.value_or(each->moved_at + patience), each->moved_at + patience);
  }
  if (until) {
    watch_.leave();
    return stalled_.set(*until);
  }
  stalled_.clear();
  if (watch_.joined()) return;
  if (!watch_.join(ours_.get(), EPOLLIN, [this](std::uint32_t) { ready(); })) stalled_.set(now + 100ms);
}

void terminal_output::finish() {
  if (!ours_) return;
  // More is there only when somebody goes on writing.
  constexpr int pieces_max = 256;
  for (int pieces = 0; ours_ && pieces < pieces_max && read_some(); ++pieces) {
  }
  if (ours_) end();
  serve();
}

int terminal_output::viewers() const {
  return static_cast<int>(std::ranges::count_if(viewers_, [](auto const& each) { return each->open(); }));
}

void terminal_output::sweep() {
  feed_.sweep();
  // To destroy one may wake another of the same client.
  busy_ = true;
  std::vector<std::unique_ptr<viewer>> gone;
  for (auto& each : viewers_)
    if (!each->open()) gone.push_back(std::move(each));
  std::erase(viewers_, nullptr);
  for (auto const& each : gone) each->to->on({});
  gone.clear();
  busy_ = false;
  if (std::exchange(again_, false)) serve();
}

void terminal_output::hand_over(handed_session& to) {
  busy_ = true;
  watch_.leave();
  stalled_.clear();
  to.terminal = size_;
  to.pending = feed_.pending();
  feed_.stop();
  to.out = ours_.release();
  to.scrollback = kept_.replay(handed_scrollback_max);
}

}  // namespace ostler::keeper

#include "keeper/sessions/exec_output.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <unistd.h>
#include <utility>

#include "system/clock.hpp"
#include "system/failure.hpp"

namespace ostler::keeper {
namespace {

constexpr std::size_t piece_max = std::size_t{64} * 1024;
constexpr std::size_t turn_max = std::size_t{1} << 20;
// A pipe holds no more unless somebody goes on writing.
constexpr std::size_t leftover_max = std::size_t{1} << 20;

error missing(std::uint64_t bytes) {
  return {error_code::limit_reached,
          fmt::format("{} bytes of the output are missing: the log of the session no longer has them, or "
                      "could not keep them",
                      bytes),
          {},
          {}};
}

}  // namespace

exec_output::exec_output(output_needs needs, exec_pipes pipes)
    : needs_(std::move(needs)),
      feed_(*needs_.on, needs_.later),
      sources_{source(*needs_.on), source(*needs_.on)},
      go_on_(*needs_.on, [this] { serve(); }) {
  if (pipes.in) feed_.start(std::move(pipes.in), input_feed::when_alone::close, std::move(pipes.pending));
  start(sources_[0], log_stream::out, std::move(pipes.out));
  start(sources_[1], log_stream::err, std::move(pipes.err));
  go_on_.set(system::now());
}

exec_output::~exec_output() {
  busy_ = true;
  for (auto const& each : viewers_)
    for (auto const& one : *each)
      if (one.to) one.to->on({});
}

void exec_output::start(source& from, log_stream stream, system::fd pipe) {
  from.stream = stream;
  from.from = std::move(pipe);
  from.ended = !from.from;
}

result<void> exec_output::attach(connection& by, wire::session_attach const& how) {
  if (how.terminal)
    return fail(error_code::invalid_state, fmt::format("session {} has no terminal", how.session));
  if (how.in != 0 && !feed_.is_open())
    return fail(error_code::invalid_state, fmt::format("session {} takes no input", how.session));
  auto in = open_stream(by, how.in);
  if (!in) return std::unexpected(in.error());
  auto out = open_stream(by, how.out);
  if (!out) return std::unexpected(out.error());
  auto err = open_stream(by, how.err);
  if (!err) return std::unexpected(err.error());
  auto& made = *viewers_.emplace_back(std::make_unique<viewer>());
  add_side(made[0], 0, std::move(*out));
  add_side(made[1], 1, std::move(*err));
  if (*in) feed_.add(std::move(*in));
  go_on_.set(system::now());
  return {};
}

void exec_output::add_side(side& to, std::size_t which, std::unique_ptr<channel> stream) {
  if (!stream) return;
  to.to = std::move(stream);
  to.behind.emplace(*needs_.log, sources_[which].stream, needs_.log->first_position());
  to.lost = needs_.log->first_position();
  to.to->on({.data = {},
             .end = {},
             .room = [this] { serve(); },
             .gone =
                 [this] {
                   needs_.later();
                   serve();
                 }});
}

result<void> exec_output::resize(connection const&, wire::terminal_size) {
  return fail(error_code::invalid_state, "the session has no terminal");
}

void exec_output::detach(error const& why) {
  for (auto const& each : viewers_)
    for (auto const& one : *each)
      if (one.open()) one.to->cancel(why);
  feed_.detach(why);
  needs_.later();
  go_on_.set(system::now());
}

void exec_output::serve() {
  if (std::exchange(busy_, true)) {
    again_ = true;
    return;
  }
  budget_ = turn_max;
  do {
    again_ = false;
    carry(0);
    carry(1);
  } while (again_ && budget_ > 0);
  busy_ = false;
  if (again_) go_on_.set(system::now());
}

void exec_output::carry(std::size_t which) {
  auto& from = sources_[which];
  while (budget_ > 0) {
    auto const most = room(which);
    if (from.ended) return end_sides(which);
    // Not only unwanted: a pipe whose writers are gone would call again and again.
    if (!most || *most == 0) return from.ready.leave();
    auto const before = budget_;
    read(which, *most);
    if (from.ended) continue;
    if (budget_ == before) break;
  }
  if (!from.ended && !from.ready.joined()) {
    auto const joined = from.ready.join(from.from.get(), EPOLLIN, [this](std::uint32_t) { serve(); });
    // Without a descriptor to wait with, it is looked at from time to time.
    if (!joined) go_on_.set(system::now() + 100ms);
  }
  if (budget_ == 0) again_ = true;
}

std::optional<std::size_t> exec_output::room(std::size_t which) {
  std::size_t least = std::min(piece_max, budget_);
  bool held_up = false;
  for (std::size_t at = 0; at < viewers_.size(); ++at) {
    auto& one = (*viewers_[at])[which];
    if (!one.open()) continue;
    if (!catch_up(one)) {
      held_up = true;
      continue;
    }
    least = std::min(least, one.to->may_send());
  }
  if (held_up) return std::nullopt;
  return least;
}

bool exec_output::catch_up(side& one) {
  while (one.behind) {
    auto const room = std::min(one.to->may_send(), piece_max);
    if (room == 0) return false;
    auto const piece = one.behind->next(room);
    if (piece.empty()) {
      one.lost += one.behind->lost();
      one.behind.reset();
    } else {
      one.to->send(as_text(piece));
    }
  }
  return true;
}

void exec_output::read(std::size_t which, std::size_t bytes_max) {
  auto& from = sources_[which];
  auto const memory = needs_.buffer->borrow();
  // Without memory it waits in the pipe.
  if (memory.empty()) return;
  auto const got = system::uninterrupted([&] { return ::read(from.from.get(), memory.data(), bytes_max); });
  if (got > 0) return pass(which, byte_view(memory).first(static_cast<std::size_t>(got)));
  if (got < 0 && errno == EAGAIN) return;
  end(from);
}

void exec_output::pass(std::size_t which, byte_view bytes) {
  budget_ -= std::min(budget_, bytes.size());
  needs_.log->append(sources_[which].stream, system::wall_now(), bytes);
  auto const takes = [&](std::unique_ptr<viewer> const& each) {
    return (*each)[which].open() && !(*each)[which].behind;
  };
  // To send may wake another session, which borrows the same buffer; only the first send is sure of it.
  std::string copy;
  if (std::ranges::count_if(viewers_, takes) > 1) copy = as_text(bytes);
  auto const text = copy.empty() ? as_text(bytes) : std::string_view(copy);
  for (std::size_t at = 0; at < viewers_.size(); ++at)
    if (takes(viewers_[at])) (*viewers_[at])[which].to->send(text);
}

void exec_output::end(source& from) {
  from.ready.leave();
  from.from.reset();
  from.ended = true;
  if (at_end()) needs_.at_end();
}

void exec_output::end_sides(std::size_t which) {
  for (std::size_t at = 0; at < viewers_.size(); ++at) {
    auto& one = (*viewers_[at])[which];
    if (!one.open() || one.behind) continue;
    one.done = true;
    if (one.lost > 0)
      one.to->cancel(missing(one.lost));
    else
      one.to->end();
    needs_.later();
  }
}

void exec_output::finish() {
  busy_ = true;
  for (std::size_t which = 0; which < sources_.size(); ++which) {
    auto& from = sources_[which];
    for (auto const& each : viewers_)
      if (auto& one = (*each)[which]; one.open() && !one.behind && !from.ended)
        one.behind.emplace(*needs_.log, from.stream, needs_.log->end_position());
    for (budget_ = leftover_max; !from.ended && budget_ > 0;) {
      auto const before = budget_;
      read(which, std::min(piece_max, budget_));
      if (budget_ == before) break;
    }
    if (!from.ended) end(from);
  }
  feed_.stop();
  busy_ = false;
  serve();
}

int exec_output::viewers() const {
  return static_cast<int>(std::ranges::count_if(
      viewers_, [](auto const& each) { return (*each)[0].open() || (*each)[1].open(); }));
}

void exec_output::sweep() {
  feed_.sweep();
  // To destroy one may wake another of the same client.
  busy_ = true;
  std::vector<std::unique_ptr<channel>> gone;
  for (auto const& each : viewers_)
    for (auto& one : *each)
      if (one.to && !one.open()) gone.push_back(std::move(one.to));
  std::erase_if(viewers_, [](auto const& each) { return !(*each)[0].to && !(*each)[1].to; });
  for (auto const& each : gone) each->on({});
  gone.clear();
  busy_ = false;
  if (again_) serve();
}

void exec_output::hand_over(handed_session& to) {
  busy_ = true;
  to.pending = feed_.pending();
  to.in = feed_.release().release();
  for (auto& from : sources_) from.ready.leave();
  to.out = sources_[0].from.release();
  to.err = sources_[1].from.release();
}

}  // namespace ostler::keeper

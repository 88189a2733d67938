#include "keeper/sessions/input_feed.hpp"

#include <algorithm>
#include <cerrno>
#include <unistd.h>
#include <utility>

#include "system/failure.hpp"

namespace ostler::keeper {

input_feed::input_feed(loop& on, std::function<void()> later) : later_(std::move(later)), watch_(on) {}

input_feed::~input_feed() {
  // To give one up may wake another of the same client.
  for (auto const& each : sources_) each->from->on({});
}

void input_feed::start(system::fd to, when_alone then, std::string pending) {
  to_ = std::move(to);
  then_ = then;
  pending_ = std::move(pending);
  if (!pending_.empty()) {
    owed_.push_back({.whose = nullptr, .bytes = pending_.size()});
    flush();
  }
}

void input_feed::add(std::unique_ptr<channel> from, std::function<void()> typed) {
  auto& made = *sources_.emplace_back(std::make_unique<source>());
  made.from = std::move(from);
  made.typed = std::move(typed);
  made.from->on({.data = [this, &made](std::string_view bytes) { take(made, bytes); },
                 .end = [this, &made] { leave(made); },
                 .room = {},
                 .gone = [this, &made] { leave(made); }});
  made.from->grant(window);
}

void input_feed::take(source& from, std::string_view bytes) {
  if (!to_ || bytes.empty()) return;
  pending_ += bytes;
  owed_.push_back({.whose = &from, .bytes = bytes.size()});
  if (from.typed) from.typed();
  flush();
}

void input_feed::leave(source& who) {
  if (std::exchange(who.over, true)) return;
  later_();
  if (then_ == when_alone::keep) return;
  if (std::ranges::any_of(sources_, [](auto const& each) { return !each->over; })) return;
  closing_ = true;
  flush();
}

void input_feed::flush() {
  if (std::exchange(flushing_, true)) return;
  while (to_ && !pending_.empty()) {
    auto const wrote =
        system::uninterrupted([&] { return ::write(to_.get(), pending_.data(), pending_.size()); });
    if (wrote > 0) {
      written(static_cast<std::size_t>(wrote));
      continue;
    }
    if (wrote < 0 && errno == EAGAIN) break;
    fail_all({error_code::invalid_state, "the command reads its input no more", {}, {}});
  }
  flushing_ = false;
  if (pending_.empty()) {
    watch_.leave();
    // What was large once is not kept while nobody types.
    pending_ = {};
    if (closing_) to_.reset();
  } else if (!watch_.joined()) {
    auto const joined = watch_.join(to_.get(), EPOLLOUT, [this](std::uint32_t) { flush(); });
    if (!joined) fail_all(joined.error());
  }
}

void input_feed::written(std::size_t bytes) {
  pending_.erase(0, bytes);
  while (bytes > 0) {
    auto const piece = std::min(bytes, owed_.front().bytes);
    auto* const whose = owed_.front().whose;
    owed_.front().bytes -= piece;
    bytes -= piece;
    if (owed_.front().bytes == 0) owed_.pop_front();
    if (whose != nullptr && !whose->over) whose->from->grant(static_cast<std::uint32_t>(piece));
  }
}

void input_feed::fail_all(error const& why) {
  watch_.leave();
  to_.reset();
  pending_ = {};
  owed_.clear();
  detach(why);
}

void input_feed::detach(error const& why) {
  for (auto const& each : sources_)
    if (!std::exchange(each->over, true)) each->from->cancel(why);
  later_();
}

void input_feed::stop() {
  watch_.leave();
  to_.reset();
  pending_ = {};
  owed_.clear();
  for (auto const& each : sources_) each->over = true;
  later_();
}

void input_feed::sweep() {
  std::vector<std::unique_ptr<source>> gone;
  for (auto& each : sources_) {
    if (!each->over) continue;
    for (auto& one : owed_)
      if (one.whose == each.get()) one.whose = nullptr;
    gone.push_back(std::move(each));
  }
  std::erase(sources_, nullptr);
  for (auto const& each : gone) each->from->on({});
}

}  // namespace ostler::keeper

#include "traces/exporter.hpp"

#include <algorithm>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>
#include <iterator>
#include <utility>

#include "async/cancelled.hpp"
#include "async/deadline.hpp"
#include "base/ensure.hpp"

namespace ostler::traces {
exporter::exporter(async::home const& where, trace_source source, endpoint to,
                   std::function<void(std::string const&)> log, exporter_limits limits)
    : source_(std::move(source)),
      to_(std::move(to)),
      log_(std::move(log)),
      limits_(limits),
      changed_(where),
      tasks_(where, [this](std::string_view name, std::exception_ptr const& why) {
        log_(fmt::format("{} ended: {}", name, async::thrown_text(why)));
      }) {
  ensure(tasks_.spawn("tell traces", [this] { return run(); }), "a new scope is open");
}

void exporter::take(span one) {
  if (closing_ || queue_.size() >= limits_.queue_max) {
    ++counts_.dropped;
    return;
  }
  queue_.push_back(std::move(one));
  if (queue_.size() == 1 || queue_.size() >= limits_.batch_max) changed_.ring();
}

exporter_counts exporter::count() const {
  auto out = counts_;
  out.waiting = queue_.size() + on_their_way_;
  return out;
}

task<void> exporter::close() {
  closing_ = true;
  changed_.ring();
  co_await tasks_.close(limits_.close_grace);
  if (auto const left = count().waiting; left > 0)
    log_(fmt::format("{} spans were not told to {}: there was no time", left, to_.authority));
}

task<void> exporter::run() {
  for (;;) {
    co_await until_some();
    if (queue_.empty()) co_return;
    auto full = until_full();
    static_cast<void>(co_await async::race(limits_.batch_wait, std::move(full)));
    co_await deliver(next_batch());
  }
}

task<void> exporter::until_some() {
  while (queue_.empty() && !closing_) co_await changed_.heard();
}

task<void> exporter::until_full() {
  while (queue_.size() < limits_.batch_max && !closing_) co_await changed_.heard();
}

task<void> exporter::until_closing() {
  while (!closing_) co_await changed_.heard();
}

std::vector<span> exporter::next_batch() {
  auto const size = static_cast<std::ptrdiff_t>(std::min(queue_.size(), limits_.batch_max));
  auto const end = queue_.begin() + size;
  std::vector<span> batch(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  on_their_way_ = batch.size();
  return batch;
}

task<void> exporter::deliver(std::vector<span> batch) {
  auto const body = otlp_json(source_, batch);
  auto pause = limits_.pause_first;
  for (int attempt = 1;; ++attempt) {
    auto const status = co_await post_json(to_, body, limits_.post_limit);
    // An attempt that we ended says nothing about the collector.
    auto const state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() != boost::asio::cancellation_type::none) async::throw_cancelled();
    auto const fate = status ? fate_of(*status) : post_fate::try_again;
    if (fate == post_fate::taken) {
      counts_.exported += std::exchange(on_their_way_, 0);
      if (std::exchange(in_trouble_, false)) log_(fmt::format("{} takes traces again", to_.authority));
      co_return;
    }
    ++counts_.posts_failed;
    tell_trouble(status ? fmt::format("{} answers {}", to_.authority, *status) : status.error().message);
    if (fate == post_fate::refused || attempt >= limits_.attempts_max || closing_) {
      counts_.dropped += std::exchange(on_their_way_, 0);
      co_return;
    }
    auto closing = until_closing();
    static_cast<void>(co_await async::race(pause, std::move(closing)));
    pause *= 2;
  }
}

// Once, until it works again: whoever runs no collector today does not want to be told every second.
void exporter::tell_trouble(std::string const& why) {
  if (std::exchange(in_trouble_, true)) return;
  log_(fmt::format("traces are not taken, and dropped after {} attempts: {}", limits_.attempts_max, why));
}

}  // namespace ostler::traces

// The only clock of the simulation: it moves from one planned happening to the next, never by itself.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/instant.hpp"

namespace ostler::simulation {

class timeline {
 public:
  using happening = std::function<void()>;

  instant now() const { return now_; }

  void at(instant when, happening what) {
    queue_.push_back({std::max(when, now_), ++planned_, std::move(what)});
    std::push_heap(queue_.begin(), queue_.end(), later);
  }
  void after(nanoseconds wait, happening what) { at(now_ + wait, std::move(what)); }

  std::optional<instant> next() const {
    if (queue_.empty()) return std::nullopt;
    return queue_.front().when;
  }

  // Lets the next thing happen; false when nothing is planned.
  bool go_on() {
    if (queue_.empty()) return false;
    std::pop_heap(queue_.begin(), queue_.end(), later);
    auto next = std::move(queue_.back());
    queue_.pop_back();
    now_ = next.when;
    ++happened_;
    next.what();
    return true;
  }

  // Nothing happens until then.
  void pass_to(instant when) {
    if (when > now_) now_ = when;
  }

  // The whole machine sleeps: time passes, and nothing that was planned comes nearer.
  void sleep(nanoseconds long_time) {
    now_ += long_time;
    for (auto& one : queue_) one.when += long_time;
  }

  std::uint64_t happened() const { return happened_; }

 private:
  struct planned {
    instant when;
    std::uint64_t order;  // what was planned first happens first
    happening what;
  };
  static bool later(planned const& a, planned const& b) {
    return a.when != b.when ? a.when > b.when : a.order > b.order;
  }

  // Not at zero, so that a forgotten instant stands out.
  instant now_{std::chrono::hours(1)};
  std::uint64_t planned_ = 0;
  std::uint64_t happened_ = 0;
  std::vector<planned> queue_;
};

}  // namespace ostler::simulation

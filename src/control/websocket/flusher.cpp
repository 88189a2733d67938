#include "control/websocket/flusher.hpp"

#include <algorithm>
#include <utility>

#include "control/websocket/link.hpp"

namespace ostler::control::websocket {

void flusher::add(link& one) {
  if (std::exchange(one.in_flusher_, true)) return;
  waiting_.push_back(&one);
  if (waiting_.size() == 1) filled_.ring();
}

void flusher::forget(link& one) {
  if (!one.in_flusher_) return;
  std::ranges::replace(waiting_, &one, nullptr);
  std::ranges::replace(round_, &one, nullptr);
}

async::task<void> flusher::run() {
  for (;;) {
    while (waiting_.empty()) co_await filled_.heard();
    std::swap(round_, waiting_);
    for (std::size_t i = 0; i < round_.size(); ++i) {
      auto* const one = round_[i];
      if (one == nullptr) continue;
      one->in_flusher_ = false;
      one->flush();
    }
    round_.clear();
  }
}

}  // namespace ostler::control::websocket

#include "keeper/probes/look.hpp"

#include <fmt/format.h>
#include <utility>

#include "system/clock.hpp"

namespace ostler::keeper {

limited_look::limited_look(loop& on, milliseconds limit) : limit_(limit), timer_(on, [this] { due(); }) {}

void limited_look::begin(std::function<void(look_result)> done) {
  give_up();
  done_ = std::move(done);
  timer_.set(system::now() + limit_);
  start();
}

void limited_look::give_up() {
  done_ = nullptr;
  answer_.reset();
  timer_.clear();
  stop();
}

void limited_look::finish(look_result answer) {
  if (!done_ || answer_) return;
  answer_ = std::move(answer);
  timer_.set(system::now());
  stop();
}

void limited_look::due() {
  if (!answer_) {
    answer_ = look_result{.why = fmt::format("{} within {}", waited_for(), format_duration(limit_))};
    stop();
  }
  auto const done = std::exchange(done_, nullptr);
  auto answer = *std::exchange(answer_, std::nullopt);
  // It may destroy us.
  done(std::move(answer));
}

}  // namespace ostler::keeper

// A bounded queue between coroutines of one loop.
//
// What happens when it is full is said when it is made. `refuse` tells the sender, who then decides;
// `drop_oldest` is for what is only worth having fresh, and counts what was dropped, so that the receiver can
// be told; a sender that can wait uses put_when_room().
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "async/bell.hpp"
#include "base/ensure.hpp"

namespace ostler::async {

enum class when_full : std::uint8_t { refuse, drop_oldest };
enum class put_outcome : std::uint8_t { taken, full, closed };

template <class T> class mailbox {
 public:
  mailbox(home const& where, std::size_t size_max, when_full rule)
      : size_max_(size_max), rule_(rule), filled_(where), emptied_(where) {
    ensure(size_max > 0, "a mailbox holds at least one");
  }

  put_outcome put(T value) {
    if (closed_) return put_outcome::closed;
    if (values_.size() >= size_max_) {
      if (rule_ == when_full::refuse) return put_outcome::full;
      values_.pop_front();
      ++dropped_;
    }
    values_.push_back(std::move(value));
    filled_.ring();
    return put_outcome::taken;
  }

  // False when it was closed meanwhile.
  task<bool> put_when_room(T value) {
    while (!closed_ && values_.size() >= size_max_) co_await emptied_.heard();
    co_return put(std::move(value)) == put_outcome::taken;
  }

  // In the order of putting; none when it is closed and all was taken. Several may wait: each value goes to
  // one.
  task<std::optional<T>> take() {
    while (values_.empty() && !closed_) co_await filled_.heard();
    if (values_.empty()) co_return std::nullopt;
    std::optional<T> value(std::move(values_.front()));
    values_.pop_front();
    emptied_.ring();
    co_return value;
  }

  // What is in it can still be taken.
  void close() {
    closed_ = true;
    filled_.ring();
    emptied_.ring();
  }

  std::size_t size() const { return values_.size(); }
  bool closed() const { return closed_; }
  std::uint64_t dropped() const { return dropped_; }

 private:
  std::size_t size_max_;
  when_full rule_;
  bool closed_ = false;
  std::uint64_t dropped_ = 0;
  std::deque<T> values_;
  bell filled_;
  bell emptied_;
};

}  // namespace ostler::async

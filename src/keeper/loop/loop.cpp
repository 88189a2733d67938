#include "keeper/loop/loop.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <stdexcept>
#include <sys/timerfd.h>
#include <utility>

#include "base/ensure.hpp"
#include "system/clock.hpp"
#include "system/failure.hpp"

namespace ostler::keeper {

result<void> watch::join(int descriptor, std::uint32_t events, handler ready) {
  ensure(!joined(), "a watch watches one descriptor");
  epoll_event wanted{.events = events, .data = {.ptr = this}};
  if (::epoll_ctl(owner_->poll_.get(), EPOLL_CTL_ADD, descriptor, &wanted) != 0)
    return system::fail_errno("watch a descriptor");
  descriptor_ = descriptor;
  events_ = events;
  ready_ = std::move(ready);
  return {};
}

void watch::want(std::uint32_t events) {
  if (!joined() || events == events_) return;
  epoll_event wanted{.events = events, .data = {.ptr = this}};
  ensure(::epoll_ctl(owner_->poll_.get(), EPOLL_CTL_MOD, descriptor_, &wanted) == 0,
         "a joined descriptor is open");
  events_ = events;
}

void watch::leave() {
  if (!joined()) return;
  // The descriptor may have been closed already; then epoll has forgotten it by itself.
  ::epoll_ctl(owner_->poll_.get(), EPOLL_CTL_DEL, descriptor_, nullptr);
  descriptor_ = -1;
  owner_->forget(*this);
}

alarm::alarm(loop& owner, handler due) : owner_(&owner), due_(std::move(due)) {
  owner.alarms_.push_back(this);
}

alarm::~alarm() {
  // It may be destroyed by a handler while the loop goes through the list: the place is kept empty until
  // then.
  std::ranges::replace(owner_->alarms_, this, static_cast<alarm*>(nullptr));
}

void alarm::set(instant when) {
  when_ = when;
  set_ = true;
  round_ = owner_->round_;
}

void alarm::clear() { set_ = false; }

namespace {

system::fd checked(int made, char const* what) {
  if (made < 0)
    throw std::runtime_error(fmt::format("could not make {}: {}", what, system::errno_text(errno)));
  return system::fd(made);
}

}  // namespace

loop::loop()
    : poll_(checked(::epoll_create1(EPOLL_CLOEXEC), "an epoll descriptor")),
      timer_(checked(::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC), "a timer")) {
  epoll_event wanted{.events = EPOLLIN, .data = {.ptr = nullptr}};
  ensure(::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, timer_.get(), &wanted) == 0, "the timer can be watched");
}

void loop::forget(watch const& gone) {
  for (auto at = batch_next_; at < batch_size_; ++at)
    if (batch_[at].data.ptr == &gone) batch_[at].data.ptr = nullptr;
}

void loop::arm_timer() {
  auto earliest = instant::max();
  for (auto const* each : alarms_)
    if (each != nullptr && each->set_) earliest = std::min(earliest, each->when_);
  if (earliest == armed_for_) return;
  armed_for_ = earliest;
  itimerspec when{};
  if (earliest != instant::max()) {
    // Zero would disarm it; what is long past is due at once.
    auto const since = std::max(earliest.time_since_epoch(), nanoseconds(1));
    when.it_value.tv_sec = std::chrono::floor<seconds>(since).count();
    when.it_value.tv_nsec = (since - std::chrono::floor<seconds>(since)).count();
  }
  ensure(::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr) == 0, "the timer can be set");
}

void loop::call_due() {
  std::erase(alarms_, nullptr);
  auto const now = system::now();
  // What is set from here on, by those that are called, waits for the next round.
  ++round_;
  auto const due = [&](alarm const& each) { return each.set_ && each.round_ != round_ && each.when_ <= now; };
  for (;;) {
    alarm* next = nullptr;
    for (auto* each : alarms_)
      if (each != nullptr && due(*each) && (next == nullptr || each->when_ < next->when_)) next = each;
    if (next == nullptr) return;
    next->set_ = false;
    next->due_();
  }
}

void loop::run_once(bool block) {
  call_due();
  if (stopped_) return;
  arm_timer();
  auto const got = ::epoll_wait(poll_.get(), batch_.data(), static_cast<int>(batch_.size()), block ? -1 : 0);
  if (got < 0) {
    ensure(errno == EINTR, "epoll waits");
    return;
  }
  batch_size_ = static_cast<std::size_t>(got);
  for (batch_next_ = 0; batch_next_ < batch_size_;) {
    auto const& event = batch_[batch_next_++];
    // The timer, or a watch that an earlier handler of this batch has ended.
    if (event.data.ptr == nullptr) {
      armed_for_ = instant::min();
      continue;
    }
    // Moved out while it runs, because it may end its own watch.
    auto* const called = static_cast<watch*>(event.data.ptr);
    called->ready_(event.events);
  }
  batch_size_ = 0;
  batch_next_ = 0;
}

void loop::run() {
  while (!stopped_) run_once(true);
}

}  // namespace ostler::keeper

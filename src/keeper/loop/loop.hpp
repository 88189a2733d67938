// The keeper's one thread: waits for descriptors and for moments, and calls whoever asked.
//
// Level-triggered epoll and one timer of CLOCK_BOOTTIME, so that a suspended machine wakes with the right
// deadlines. Nothing is polled: with nothing to wait for it sleeps for ever. Once somebody is registered,
// neither waiting nor calling allocates.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <sys/epoll.h>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "system/fd.hpp"

namespace ostler::keeper {

class loop;

// Calls `ready(events)`, events as for epoll, while it lives. The descriptor must outlive the watch, or be
// left first. A handler may leave or destroy any watch; after destroying its own it touches nothing it
// captured.
class watch {
 public:
  using handler = std::function<void(std::uint32_t events)>;

  explicit watch(loop& owner) : owner_(&owner) {}
  ~watch() { leave(); }
  watch(watch const&) = delete;
  watch& operator=(watch const&) = delete;

  result<void> join(int descriptor, std::uint32_t events, handler ready);
  // What to be called for from now on; 0 to be left in peace (errors and hang-ups excepted, as epoll has it:
  // leave() when those must not be told).
  void want(std::uint32_t events);
  void leave();
  bool joined() const { return descriptor_ >= 0; }

 private:
  friend class loop;
  loop* owner_;
  handler ready_;
  int descriptor_ = -1;
  std::uint32_t events_ = 0;
};

// Calls `due` once when its moment has come. May be set again at any time, also by its own handler; then
// descriptors have their turn first, however long past the moment is.
class alarm {
 public:
  using handler = std::function<void()>;

  alarm(loop& owner, handler due);
  ~alarm();
  alarm(alarm const&) = delete;
  alarm& operator=(alarm const&) = delete;

  void set(instant when);
  void clear();
  bool is_set() const { return set_; }
  instant when() const { return when_; }

 private:
  friend class loop;
  loop* owner_;
  handler due_;
  instant when_{};
  bool set_ = false;
  // In which round of calls it was set; it is called in a later one.
  std::uint64_t round_ = 0;
};

class loop {
 public:
  static result<loop> make();
  // Throws when the system has no descriptor left: a keeper cannot start without.
  loop();
  loop(loop&&) = delete;
  loop& operator=(loop&&) = delete;
  ~loop() = default;

  // Until stop(). What is due at once is called in the order of its moments.
  void run();
  // One wait, for tests and for those who have a loop of their own; never blocks when `block` is false.
  void run_once(bool block);
  void stop() { stopped_ = true; }
  bool stopped() const { return stopped_; }

 private:
  friend class watch;
  friend class alarm;
  void call_due();
  void arm_timer();
  void forget(watch const& gone);

  static constexpr std::size_t batch_max = 64;
  system::fd poll_;
  system::fd timer_;
  std::vector<alarm*> alarms_;
  std::array<epoll_event, batch_max> batch_{};
  // What of the batch has yet to be called.
  std::size_t batch_next_ = 0;
  std::size_t batch_size_ = 0;
  instant armed_for_ = instant::max();
  std::uint64_t round_ = 0;
  bool stopped_ = false;
};

}  // namespace ostler::keeper

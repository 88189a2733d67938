// The thread that writes: a queue in front, groups of what waits, and the condition of the disk.
//
// Everything that changes a file of the journal happens on this thread, from opening to closing. All that
// waits is kept as one transaction of SQLite, so one sync of the disk serves everybody who waits for one; the
// more there are, the larger the groups become. While a group is synced, the next one gathers.
//
//            space comes back
//        ┌────────────────────────┐
//        ▼                        │
//      sound ── no space ──────► full ── a write or sync fails ──► failed
//        └───────────── a write or sync fails ────────────────────►  (for ever)
//
// Failed is final on purpose: the kernel reports a failed sync once and then forgets which pages it lost, so
// a second sync that succeeds would prove nothing.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "journal/journal.hpp"
#include "journal/numbering.hpp"
#include "journal/sqlite/reserve.hpp"
#include "journal/sqlite/state_lock.hpp"
#include "journal/sqlite/store.hpp"

namespace ostler::journal::sqlite {

struct writer_options {
  std::filesystem::path directory;
  std::uint64_t reserve_bytes = 8 << 20;
  std::uint64_t log_bytes = 4 << 20;
  // How often a full disk is looked at for space.
  milliseconds probe_interval = 1s;
  // Told on the writer thread, before the answers that follow from it.
  std::function<void(condition)> on_condition;
};

class writer {
 public:
  // Takes the state directory, opens the file and starts the thread.
  static result<std::unique_ptr<writer>> start(writer_options options);
  // Keeps all that waits, tells everybody, and leaves a file with nothing to recover.
  ~writer();

  // From any thread. Never waits, and lets any number wait: whoever decides sees how many of his are not
  // answered, and only he can refuse before he has decided.
  void commit(transaction change, journal::committed done);
  // See journal.hpp.
  sequence begin_again();
  // From any thread but the writer's own, that is not from a callback: waits until it was done.
  result<void> drop_events(sequence first, sequence through);
  condition health() const { return condition_.load(std::memory_order_acquire); }
  // Transactions of SQLite that were tried since the start.
  std::uint64_t groups() const { return groups_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::uint64_t no_epoch = ~std::uint64_t(0);
  struct entry {
    transaction change;
    journal::committed done;
    result<void> answer;
    // How often its owner had begun again when it was given.
    std::uint64_t epoch = 0;
  };
  struct drop {
    sequence next;
    sequence through;
    std::promise<result<void>> done;
  };

  explicit writer(writer_options options) : options_(std::move(options)) {}
  result<void> open();
  void live(std::promise<result<void>> opened);
  void run();
  bool take_work();
  void linger();
  void close();

  void keep_group();
  attempt<void> keep_admitted();
  void refuse_behind_refusals();
  void refuse(purpose why, error const& reason);
  void refuse_all(error const& reason);
  void tell_group();
  void drop_some();
  void checkpoint();

  void on_failure(failure const& what);
  void become(condition value);
  void become_full();
  void look_for_space();

  writer_options options_;
  std::atomic<condition> condition_ = condition::sound;
  std::atomic<std::uint64_t> groups_ = 0;
  // Whether something may wait; only for linger(), the truth is behind the mutex.
  std::atomic<bool> called_ = false;

  std::mutex mutex_;
  std::condition_variable wake_;
  // Guarded by mutex_.
  std::vector<entry> waiting_;
  std::deque<drop> drops_;
  numbering numbers_;
  std::uint64_t epoch_ = 0;
  // Everything of an epoch in which one was refused is refused.
  std::uint64_t refused_told_in_ = no_epoch;
  bool stopping_ = false;

  // Of the writer thread alone.
  std::optional<state_lock> lock_;
  std::optional<reserve> reserve_;
  std::optional<store> store_;
  std::optional<error> failed_because_;
  std::uint64_t refused_in_ = no_epoch;
  std::optional<error> refused_because_;
  std::chrono::steady_clock::time_point next_look_;
  std::vector<entry> group_;
  std::vector<transaction const*> admitted_;

  std::thread thread_;
};

}  // namespace ostler::journal::sqlite

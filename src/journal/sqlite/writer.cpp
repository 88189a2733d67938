#include "journal/sqlite/writer.hpp"

#include <sys/stat.h>
#include <utility>

#include "base/ensure.hpp"

namespace ostler::journal::sqlite {
namespace {

// So many events go in one transaction when old ones are dropped, so that commits wait only for a moment.
constexpr sequence dropped_at_once = 2'000;

constexpr auto lingering = std::chrono::microseconds(40);

bool log_is_left(std::filesystem::path const& file) {
  struct stat found{};
  return stat((file.string() + "-wal").c_str(), &found) == 0 && found.st_size > 0;
}

}  // namespace

result<std::unique_ptr<writer>> writer::start(writer_options options) {
  auto made = std::unique_ptr<writer>(new writer(std::move(options)));
  std::promise<result<void>> promise;
  auto opened = promise.get_future();
  made->thread_ =
      std::thread([&made = *made, promise = std::move(promise)]() mutable { made.live(std::move(promise)); });
  if (auto const answer = opened.get(); !answer) return std::unexpected(answer.error());
  return made;
}

writer::~writer() {
  {
    std::scoped_lock const held(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void writer::commit(transaction change, journal::committed done) {
  bool idle = false;
  {
    std::scoped_lock const held(mutex_);
    ensure(!stopping_, "nothing is committed to a journal that is being closed");
    ensure(numbers_.give(change) || refused_told_in_ == epoch_, "event numbers follow on without a gap");
    idle = waiting_.empty();
    waiting_.push_back({std::move(change), std::move(done), {}, epoch_});
    called_.store(true, std::memory_order_relaxed);
  }
  // Whoever finds others waiting knows that the thread was already woken for them.
  if (idle) wake_.notify_one();
}

// Whatever was given before the refusal was answered before it, so what is kept of that epoch is known.
sequence writer::begin_again() {
  std::scoped_lock const held(mutex_);
  ensure(refused_told_in_ == epoch_, "a journal that refused nothing goes on as it is");
  ++epoch_;
  numbers_.begin_again();
  return numbers_.kept();
}

result<void> writer::drop_events(sequence first, sequence through) {
  ensure(std::this_thread::get_id() != thread_.get_id(),
         "a callback of the journal never waits for the journal");
  std::future<result<void>> done;
  {
    std::scoped_lock const held(mutex_);
    drops_.push_back({first, through, {}});
    done = drops_.back().done.get_future();
  }
  wake_.notify_one();
  return done.get();
}

result<void> writer::open() {
  auto lock = state_lock::acquire(options_.directory);
  if (!lock) return std::unexpected(std::move(lock.error()));
  lock_.emplace(std::move(*lock));
  reserve_.emplace(options_.directory / "journal.reserve", options_.reserve_bytes);
  // Opening needs some space, too; a daemon must come back also when the disk is full.
  if (reserve_->held() && reserve_->space_is_tight()) become_full();

  auto const file = options_.directory / "journal.db";
  // A killed daemon damages nothing, since the kernel keeps what it was given. Only after the machine itself
  // stopped can pages be missing, and only then is the price of reading them all paid.
  bool const check = log_is_left(file) && !lock_->last_owner_ran_in_this_boot();
  auto opened = store::open({.file = file,
                             .log_bytes = options_.log_bytes,
                             .check_every_page = check,
                             .lengthen_log = health() != condition::full});
  if (!opened) return std::unexpected(std::move(opened.error()));
  store_.emplace(std::move(*opened));
  numbers_.begin(store_->last_seq());
  if (health() == condition::full) return {};
  auto const reserved = reserve_->hold();
  if (reserved) return {};
  if (reserved.error().code != error_code::storage_full) return reserved;
  become_full();
  return {};
}

void writer::live(std::promise<result<void>> opened) {
  auto answer = open();
  bool const usable = answer.has_value();
  opened.set_value(std::move(answer));
  if (usable) run();
  close();
}

void writer::run() {
  while (take_work()) {
    if (health() == condition::full) look_for_space();
    if (!group_.empty()) {
      keep_group();
      tell_group();
      checkpoint();
      linger();
    }
    drop_some();
  }
}

// Whoever was just told often has the next thing to say, a moment later. To be awake then saves both a trip
// through the scheduler, which costs a fifth of a sync; a thread that has other work is let through
// meanwhile.
void writer::linger() {
  auto const until = std::chrono::steady_clock::now() + lingering;
  while (!called_.load(std::memory_order_relaxed) && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
}

// Waits for something to do and takes all that waits; false when there is nothing left and never will be.
bool writer::take_work() {
  std::unique_lock held(mutex_);
  auto const something = [this] { return !waiting_.empty() || !drops_.empty() || stopping_; };
  if (health() == condition::full)
    wake_.wait_for(held, options_.probe_interval, something);
  else
    wake_.wait(held, something);
  group_.swap(waiting_);
  called_.store(false, std::memory_order_relaxed);
  return !group_.empty() || !drops_.empty() || !stopping_;
}

void writer::close() {
  // A failed disk is left alone: a checkpoint would sync again.
  if (store_ && health() != condition::failed) static_cast<void>(store_->checkpoint_all());
  store_.reset();
  lock_.reset();
}

// Gives every entry of the group its answer.
void writer::keep_group() {
  if (health() == condition::failed) return refuse_all(*failed_because_);
  refuse_behind_refusals();
  if (health() == condition::full) refuse(purpose::growth, full_error(store_->file()));
  auto kept = keep_admitted();
  if (!kept && kept.error().full()) {
    become_full();
    refuse(purpose::growth, full_error(store_->file()));
    kept = keep_admitted();
  }
  if (kept) return;
  auto const& why = kept.error();
  if (!why.full() && !why.busy()) {
    on_failure(why);
    return refuse_all(*failed_because_);
  }
  refuse_all(as_error(why, store_->file()));
}

attempt<void> writer::keep_admitted() {
  admitted_.clear();
  for (auto const& each : group_)
    if (each.answer && !each.change.empty()) admitted_.push_back(&each.change);
  if (admitted_.empty()) return {};
  groups_.fetch_add(1, std::memory_order_relaxed);
  return store_->keep(admitted_);
}

// In the order in which they were given: who comes behind one that is refused is refused with it.
void writer::refuse_behind_refusals() {
  for (auto& each : group_) {
    if (each.epoch == refused_in_) {
      if (each.answer) each.answer = std::unexpected(*refused_because_);
    } else if (!each.answer) {
      refused_in_ = each.epoch;
      refused_because_ = each.answer.error();
    }
  }
}

void writer::refuse(purpose why, error const& reason) {
  for (auto& each : group_)
    if (each.answer && each.change.why == why && !each.change.empty()) each.answer = std::unexpected(reason);
  refuse_behind_refusals();
}

void writer::refuse_all(error const& reason) {
  for (auto& each : group_)
    if (each.answer) each.answer = std::unexpected(reason);
  refuse_behind_refusals();
}

void writer::tell_group() {
  {
    std::scoped_lock const held(mutex_);
    numbers_.keep_through(store_->last_seq());
    refused_told_in_ = refused_in_;
  }
  for (auto& each : group_)
    if (each.done) each.done(std::move(each.answer));
  group_.clear();
}

void writer::drop_some() {
  drop* next = nullptr;
  {
    std::scoped_lock const held(mutex_);
    if (drops_.empty()) return;
    // Only this thread takes from the front, and a deque never moves its elements.
    next = &drops_.front();
  }
  auto& first = *next;
  result<void> answer;
  if (health() == condition::failed) {
    answer = std::unexpected(*failed_because_);
  } else {
    auto const through = std::min(first.through, first.next + dropped_at_once - 1);
    auto dropped = store_->drop_events(through);
    if (!dropped && dropped.error().full()) {
      become_full();
      dropped = store_->drop_events(through);
    }
    checkpoint();
    first.next = through + 1;
    if (dropped && through < first.through) return;
    if (!dropped) answer = std::unexpected(as_error(dropped.error(), store_->file()));
    if (!dropped && !dropped.error().full() && !dropped.error().busy()) on_failure(dropped.error());
  }
  first.done.set_value(std::move(answer));
  std::scoped_lock const held(mutex_);
  drops_.pop_front();
}

void writer::checkpoint() {
  if (health() == condition::failed) return;
  auto done = store_->checkpoint_when_due();
  // The database itself could not grow: then nothing else can, and the reserve is for this, too.
  if (!done && done.error().full() && health() == condition::sound) {
    become_full();
    done = store_->checkpoint_when_due();
  }
  if (!done && !done.error().full()) on_failure(done.error());
}

void writer::on_failure(failure const& what) {
  auto reason = as_error(what, store_->file());
  // Whatever the cause, what was asked for may or may not be on the disk, and no further answer can be given.
  reason.code = error_code::storage_failed;
  failed_because_ = std::move(reason);
  become(condition::failed);
}

void writer::become(condition value) {
  if (condition_.exchange(value, std::memory_order_acq_rel) == value) return;
  if (options_.on_condition) options_.on_condition(value);
}

void writer::become_full() {
  reserve_->release();
  next_look_ = std::chrono::steady_clock::now() + options_.probe_interval;
  become(condition::full);
}

void writer::look_for_space() {
  auto const now = std::chrono::steady_clock::now();
  if (now < next_look_) return;
  next_look_ = now + options_.probe_interval;
  if (reserve_->hold()) become(condition::sound);
}

}  // namespace ostler::journal::sqlite

// What the journal costs over the database it stands on, and how long a start takes.
//
// Each measurement of durable events is paired: slices of the journal and slices of a plain loop over
// SQLite's C interface take turns on one file system, so that whatever else the machine does hurts both
// alike. The plain loop has the same table, the same pragmas, and as many events in a transaction as the
// journal's groups really had. A writer waits for its own answer before it gives the next event; as in the
// daemon, one thread drives all of them.
#include <algorithm>
#include <benchmark/benchmark.h>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <future>
#include <mutex>
#include <sqlite3.h>
#include <stdexcept>
#include <utility>

#include "base/chance.hpp"
#include "base/ensure.hpp"
#include "journal/sqlite/sqlite_journal.hpp"

namespace {

using namespace ostler;
using namespace ostler::journal;
using steady = std::chrono::steady_clock;

constexpr std::size_t instances = 1'000;

double seconds_since(steady::time_point start) {
  return std::chrono::duration<double>(steady::now() - start).count();
}

double median(std::vector<double> values) {
  auto const middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

class scratch {
 public:
  scratch() {
    auto const* chosen = std::getenv("OSTLER_BENCH_DIRECTORY");
    auto const base =
        chosen != nullptr ? std::filesystem::path(chosen) : std::filesystem::temp_directory_path();
    auto name = (base / "ostler-bench-XXXXXX").string();
    ensure(mkdtemp(name.data()) != nullptr, "a directory to measure in can be made");
    path_ = name;
  }
  scratch(scratch const&) = delete;
  scratch& operator=(scratch const&) = delete;
  ~scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::filesystem::path path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::unique_ptr<sqlite_journal> open_journal(std::filesystem::path const& directory) {
  auto opened = sqlite_journal::open({.directory = directory});
  if (!opened) throw std::runtime_error(opened.error().message);
  return std::move(*opened);
}

instance_id instance(std::uint64_t number) {
  chance source(number % instances);
  return instance_id::make(wall_time(milliseconds(1'795'263'363'041)), source.bits(), source.bits());
}

event_record event(sequence seq) {
  return {.seq = seq,
          .time = wall_time(milliseconds(1'795'263'363'041 + static_cast<std::int64_t>(seq))),
          .instance = instance(seq),
          .type = "service.running",
          .body = fmt::format(
              "{{\"subject\":\"svc_{}\",\"actor\":\"keeper\",\"from\":\"starting\",\"to\":\"running\","
              "\"message\":\"Running :3001\"}}",
              seq % 7)};
}

// Writers that are driven by one thread: an answer puts its writer into the box, the thread empties the box.
class journal_side {
 public:
  explicit journal_side(std::filesystem::path const& directory) : journal_(open_journal(directory)) {}

  struct slice {
    double seconds;
    double group;
  };
  slice run(std::size_t writers, std::size_t events) {
    auto const groups_before = journal_->groups();
    auto const start = steady::now();
    std::size_t given = 0, answered = 0;
    for (; given < writers; ++given) give();
    while (answered < events) {
      auto const ready = take();
      answered += ready;
      for (std::size_t i = 0; i < ready && given < events; ++i, ++given) give();
    }
    auto const seconds = seconds_since(start);
    return {seconds, static_cast<double>(events) / static_cast<double>(journal_->groups() - groups_before)};
  }

 private:
  void give() {
    transaction change;
    change.events.push_back(event(++last_));
    journal_->commit(std::move(change), [this](result<void> answer) {
      ensure(answer.has_value(), "the disk keeps what is measured");
      bool idle = false;
      {
        std::scoped_lock const held(mutex_);
        idle = ready_++ == 0;
      }
      if (idle) wake_.notify_one();
    });
  }
  std::size_t take() {
    std::unique_lock held(mutex_);
    wake_.wait(held, [this] { return ready_ > 0; });
    return std::exchange(ready_, 0);
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::size_t ready_ = 0;
  sequence last_ = 0;
  std::unique_ptr<sqlite_journal> journal_;
};

// The plain loop.
class bare_side {
 public:
  explicit bare_side(std::filesystem::path const& directory) {
    open_journal(directory).reset();  // makes the tables
    check(sqlite3_open((directory / "journal.db").c_str(), &database_));
    check(sqlite3_exec(database_,
                       "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=OFF;"
                       "PRAGMA cache_size=-16384; PRAGMA wal_autocheckpoint=1024",
                       nullptr, nullptr, nullptr));
    prepare("BEGIN IMMEDIATE", begin_);
    prepare("COMMIT", commit_);
    prepare("INSERT INTO event (seq, time, instance, type, body) VALUES (?, ?, ?, ?, ?)", insert_);
  }
  bare_side(bare_side const&) = delete;
  bare_side& operator=(bare_side const&) = delete;
  ~bare_side() {
    for (auto* statement : {begin_, commit_, insert_}) sqlite3_finalize(statement);
    sqlite3_close(database_);
  }

  double run(std::size_t events, double group) {
    auto const start = steady::now();
    double due = 0;
    for (std::size_t done = 0; done < events;) {
      // A group of 3.4 on the average is made of threes and fours.
      due += group;
      step(begin_);
      for (; done < events && (static_cast<double>(done) + 0.5 < due); ++done) insert(event(++last_));
      step(commit_);
    }
    return seconds_since(start);
  }

 private:
  static void check(int code) { ensure(code == SQLITE_OK, "SQLite does the plain thing"); }
  void prepare(char const* sql, sqlite3_stmt*& into) {
    check(sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &into, nullptr));
  }
  static void step(sqlite3_stmt* statement) {
    ensure(sqlite3_step(statement) == SQLITE_DONE, "SQLite does the plain thing");
    sqlite3_reset(statement);
  }
  void insert(event_record const& record) {
    auto const bytes = record.instance.bytes();
    sqlite3_bind_int64(insert_, 1, static_cast<sqlite3_int64>(record.seq));
    sqlite3_bind_int64(insert_, 2, record.time.time_since_epoch().count());
    sqlite3_bind_blob(insert_, 3, bytes.data(), static_cast<int>(bytes.size()), SQLITE_STATIC);
    sqlite3_bind_text(insert_, 4, record.type.data(), static_cast<int>(record.type.size()), SQLITE_STATIC);
    sqlite3_bind_text(insert_, 5, record.body.data(), static_cast<int>(record.body.size()), SQLITE_STATIC);
    step(insert_);
  }

  sqlite3* database_ = nullptr;
  sqlite3_stmt *begin_ = nullptr, *commit_ = nullptr, *insert_ = nullptr;
  sequence last_ = 0;
};

// One iteration is one slice of each side.
void durable_events(benchmark::State& state) {
  auto const writers = static_cast<std::size_t>(state.range(0));
  auto const events = static_cast<std::size_t>(state.range(1));
  scratch const place;
  journal_side ours(place.path() / "ours");
  bare_side bare(place.path() / "bare");
  // Once each, so that both have their files and their caches.
  bare.run(events, ours.run(writers, events).group);

  std::vector<double> our_seconds, bare_seconds, groups, ratios;
  for (auto _ : state) {
    auto const slice = ours.run(writers, events);
    our_seconds.push_back(slice.seconds);
    groups.push_back(slice.group);
    bare_seconds.push_back(bare.run(events, slice.group));
    ratios.push_back(bare_seconds.back() / slice.seconds);
    state.SetIterationTime(slice.seconds);
  }
  // Medians, because somebody else's work on the machine may hit one slice of a pair and miss the other.
  state.counters["group"] = median(groups);
  state.counters["journal_per_s"] = static_cast<double>(events) / median(our_seconds);
  state.counters["bare_per_s"] = static_cast<double>(events) / median(bare_seconds);
  state.counters["ratio"] = median(ratios);
}
BENCHMARK(durable_events)
    ->ArgNames({"writers", "events"})
    ->Args({1, 500})
    ->Args({16, 4'000})
    ->Args({256, 40'000})
    ->Iterations(41)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

void wait_for(sqlite_journal& subject) {
  std::promise<void> told;
  subject.commit({}, [&told](result<void>) { told.set_value(); });
  told.get_future().wait();
}

// What a starting daemon waits for.
void reopen(benchmark::State& state) {
  scratch const place;
  auto const directory = place.path() / "state";
  {
    auto filled = open_journal(directory);
    for (sequence seq = 1; seq <= 100'000; ++seq) {
      transaction change;
      change.events.push_back(event(seq));
      if (seq <= instances) change.states.push_back({instance(seq).text(), std::string(2'000, 's')});
      filled->commit(std::move(change), {});
      if (seq % 1'000 == 0) wait_for(*filled);
    }
  }
  for (auto _ : state) {
    auto opened = open_journal(directory);
    auto const loaded = opened->load();
    ensure(loaded && loaded->states.size() == instances && loaded->last_seq == 100'000, "all is there");
    state.PauseTiming();
    opened.reset();
    state.ResumeTiming();
  }
}
BENCHMARK(reopen)->Iterations(20)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();

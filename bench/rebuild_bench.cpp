// How long a daemon takes from nothing to a fleet that has recovered: a journal on disk with 1,000 running
// instances and 100,000 events is opened and read, the fleet is made of it, and recovery has ordered its
// first steps. The figure counts in `release` only.
#include <benchmark/benchmark.h>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <string>

#include "base/ensure.hpp"
#include "bench/obliging_world.hpp"
#include "journal/sqlite/sqlite_journal.hpp"
#include "records/records.hpp"

namespace {

using namespace ostler;
using namespace ostler::lifecycle;

constexpr std::size_t instances = 1'000;
constexpr std::uint64_t events = 100'000;

class scratch {
 public:
  scratch() {
    auto name = (std::filesystem::temp_directory_path() / "ostler-rebuild-XXXXXX").string();
    ensure(mkdtemp(name.data()) != nullptr, "a scratch directory can be made");
    path_ = name;
  }
  ~scratch() { std::filesystem::remove_all(path_); }
  scratch(scratch const&) = delete;
  scratch& operator=(scratch const&) = delete;
  std::filesystem::path const& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::unique_ptr<journal::sqlite_journal> open_in(std::filesystem::path const& directory) {
  auto opened = journal::sqlite_journal::open({.directory = directory});
  ensure(opened.has_value(), "the journal opens");
  return std::move(*opened);
}

void fill(std::filesystem::path const& directory) {
  auto const kept = open_in(directory);
  std::mutex guard;
  std::condition_variable changed;
  std::size_t waiting = 0;
  obliging_world world(instances, [&](fleet const& after, fleet_step const& step) {
    if (!step.must_be_journalled()) return;
    std::unique_lock lock(guard);
    changed.wait(lock, [&] { return waiting < 4'000; });
    ++waiting;
    lock.unlock();
    kept->commit(records::to_transaction(after, step), [&](result<void> const& durable) {
      ensure(durable.has_value(), "the scratch disk keeps it");
      std::scoped_lock const told(guard);
      --waiting;
      changed.notify_one();
    });
  });
  for (;;) {
    world.start_all();
    if (world.shown().last_seq() >= events) break;
    world.stop_all();
  }
  std::unique_lock lock(guard);
  changed.wait(lock, [&] { return waiting == 0; });
}

void rebuild(benchmark::State& state) {
  scratch const place;
  auto const directory = place.path() / "state";
  fill(directory);
  for (auto _ : state) {
    auto opened = open_in(directory);
    auto loaded = records::read_contents(*opened->load(records::live_prefix));
    ensure(loaded.has_value(), "the records are read back");
    fleet all({});
    all.load(std::move(loaded->instances), loaded->last_seq);
    auto const first = all.recover({.now = instant(std::chrono::hours(1)), .wall = {}, .luck = 1});
    ensure(all.size() == instances && first.orders.size() >= instances, "everybody is asked for");
    state.PauseTiming();
    opened.reset();
    state.ResumeTiming();
  }
}
BENCHMARK(rebuild)->Iterations(20)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();

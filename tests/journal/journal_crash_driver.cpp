// A fixed workload for the journal, and the check of what is left of it after any death.
//
//   journal_crash_driver write DIR COUNT   goes on from what DIR holds until COUNT transactions are kept.
//   Each
//                                          one told as kept is first written, synced, to the file DIR.told.
//   journal_crash_driver check DIR         opens DIR as a starting daemon does and compares all of it with
//   what
//                                          it must be: nothing told is missing, nothing is there by halves.
//
// Exit: 0 as wanted, 1 a promise is broken, 3 the journal refused (said on stderr), 2 usage.
//
// One thread makes all system calls that change anything, in an order that never varies, because callbacks
// commit the next burst: so the N-th call of a kind is the same moment in every run.
#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <future>
#include <unistd.h>

#include "journal/memory_journal.hpp"
#include "journal/sqlite/connection.hpp"
#include "journal/sqlite/sqlite_journal.hpp"

namespace {

using namespace ostler;
using namespace ostler::journal;
using std::filesystem::path;

constexpr int broken = 1;
constexpr int usage = 2;
constexpr int refused = 3;

// So many are given at once, in turn.
constexpr std::size_t bursts[] = {1, 3, 1, 5, 2};
constexpr std::uint64_t burst_max = 5;

constexpr retention short_memory{.events_min = 20, .age_min = 1ms, .events_max = 30};

instance_id instance(std::uint64_t number) {
  return instance_id::make(wall_time(milliseconds(number)), 0, number);
}
resource_id resource(std::uint64_t number) {
  return resource_id::make(wall_time(milliseconds(number)), 0, number);
}

// Transaction `number`, which begins behind event `last`: everything about it follows from the two.
transaction make_transaction(std::uint64_t number, sequence last) {
  transaction change;
  auto const text = std::to_string(number);
  change.states.push_back({"newest", text});
  auto const key = fmt::format("key {}", number % 7);
  if (number % 5 == 0)
    change.states.push_back({key, std::nullopt});
  else
    change.states.push_back({key, text + std::string(number * 211 % 3'000, 'x')});
  auto const step = [&](std::uint64_t of, ledger_status status) {
    change.ledger.push_back({resource(of), instance(of % 4), status, text});
  };
  step(number, ledger_status::intent);
  if (number > 1) step(number - 1, ledger_status::held);
  if (number > 2) step(number - 2, ledger_status::released);
  for (std::uint64_t i = 0; i <= number % 3; ++i)
    change.events.push_back({.seq = ++last,
                             .time = wall_time(milliseconds(last)),
                             .instance = i == 0 ? instance_id() : instance(number % 4),
                             .type = "t" + text,
                             .body = text});
  return change;
}

std::uint64_t newest_of(contents const& loaded) {
  for (auto const& state : loaded.states)
    if (state.key == "newest") return std::strtoull(state.body->c_str(), nullptr, 10);
  return 0;
}

path told_file(path const& directory) { return directory.string() + ".told"; }

result<std::unique_ptr<sqlite_journal>> open_journal(path const& directory) {
  // A short log, so that checkpoints are among the moments of death.
  return sqlite_journal::open({.directory = directory, .reserve_bytes = 256 << 10, .log_bytes = 96 << 10});
}

int say(error const& why) {
  fmt::print(stderr, "refused: {}: {} [{}]\n", facts(why.code).name, why.message, why.detail);
  return refused;
}

class workload {
 public:
  workload(ostler::journal::journal& subject, path const& told, std::uint64_t count, contents const& loaded)
      : subject_(subject),
        count_(count),
        given_(newest_of(loaded)),
        answered_(given_),
        last_(loaded.last_seq),
        told_(open(told.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_SYNC | O_CLOEXEC, 0600)) {}
  workload(workload const&) = delete;
  workload& operator=(workload const&) = delete;
  ~workload() { close(told_); }

  result<void> run() {
    auto done = ended_.get_future();
    if (given_ >= count_) return {};
    give_burst();
    return done.get();
  }

 private:
  void give_burst() {
    auto const size = bursts[turn_++ % std::size(bursts)];
    for (std::size_t i = 0; i < size && given_ < count_; ++i) {
      auto change = make_transaction(++given_, last_);
      last_ = change.events.back().seq;
      subject_.commit(std::move(change),
                      [this, number = given_](result<void> answer) { hear(number, std::move(answer)); });
    }
  }

  void hear(std::uint64_t number, result<void> answer) {
    ++answered_;
    if (answer) {
      auto const line = fmt::format("{}\n", number);
      if (write(told_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        answer = fail(error_code::storage_failed, "cannot write what was told");
    }
    if (!answer && outcome_) outcome_ = std::move(answer);
    if (answered_ < given_) return;
    if (outcome_ && given_ < count_) return give_burst();
    ended_.set_value(outcome_);
  }

  ostler::journal::journal& subject_;
  std::uint64_t count_;
  std::uint64_t given_;
  std::uint64_t answered_;
  sequence last_;
  int told_;
  std::size_t turn_ = 0;
  result<void> outcome_;
  std::promise<result<void>> ended_;
};

// Returns when the journal is idle: the answer to nothing comes behind all that follows from what was kept.
void wait_until_idle(ostler::journal::journal& subject) {
  std::promise<void> told;
  subject.commit({}, [&told](result<void>) { told.set_value(); });
  told.get_future().wait();
}

int write_all(path const& directory, std::uint64_t count) {
  auto opened = open_journal(directory);
  if (!opened) return say(opened.error());
  auto& subject = **opened;
  auto const loaded = subject.load();
  if (!loaded) return say(loaded.error());
  workload work(subject, told_file(directory), count, *loaded);
  if (auto const done = work.run(); !done) return say(done.error());
  // A read beside a checkpoint would make the order of calls a matter of luck.
  wait_until_idle(subject);
  if (auto const trimmed = subject.trim(short_memory, wall_time(std::chrono::hours(1))); !trimmed)
    return say(trimmed.error());
  return 0;
}

// The last whole line of what was told; a torn one was not told.
std::uint64_t newest_told(path const& directory) {
  std::ifstream in(told_file(directory));
  std::string const all{std::istreambuf_iterator<char>(in), {}};
  auto const end = all.rfind('\n');
  if (end == std::string::npos) return 0;
  auto const before = all.rfind('\n', end - 1);
  auto const start = end == 0 || before == std::string::npos ? 0 : before + 1;
  return std::strtoull(all.c_str() + start, nullptr, 10);
}

bool same(event_record const& left, event_record const& right) {
  return left.seq == right.seq && left.time == right.time && left.instance == right.instance &&
         left.type == right.type && left.body == right.body;
}
bool same(ledger_record const& left, ledger_record const& right) {
  return left.resource == right.resource && left.instance == right.instance && left.status == right.status &&
         left.body == right.body;
}
bool same(state_record const& left, state_record const& right) {
  return left.key == right.key && left.body == right.body;
}
template <class Record> bool same(std::vector<Record> const& left, std::vector<Record> const& right) {
  return std::ranges::equal(left, right, [](auto const& a, auto const& b) { return same(a, b); });
}

// The same transactions on the journal in memory: what must be there.
void replay(memory_journal& model, std::uint64_t through) {
  sequence last = 0;
  for (std::uint64_t number = 1; number <= through; ++number) {
    auto change = make_transaction(number, last);
    last = change.events.back().seq;
    model.commit(std::move(change), {});
  }
  model.flush();
}

// Empty when all is as it must be.
std::string what_is_wrong(ostler::journal::journal& subject, std::uint64_t told) {
  auto const loaded = subject.load().value();
  auto const newest = newest_of(loaded);
  if (newest < told) return fmt::format("{} was told, but only {} are there", told, newest);
  if (newest > told + burst_max) return fmt::format("{} are there, but only {} could be told", newest, told);

  memory_journal model;
  replay(model, newest);
  auto const wanted = model.load().value();
  if (!same(loaded.states, wanted.states)) return fmt::format("states are not those after {}", newest);
  if (!same(loaded.open_ledger, wanted.open_ledger))
    return fmt::format("ledger is not that after {}", newest);
  for (std::uint64_t i = 0; i < 4; ++i)
    if (!same(subject.ledger_of(instance(i)).value(), model.ledger_of(instance(i)).value()))
      return fmt::format("ledger of instance {} is not that after {}", i, newest);
  if (loaded.last_seq != wanted.last_seq)
    return fmt::format("the newest event is {}, not {}", loaded.last_seq, wanted.last_seq);
  auto const kept = subject.events(0, 1'000'000).value();
  if (newest > 0 && (kept.empty() || kept.front().seq != loaded.first_seq))
    return "the oldest event is missing";
  if (!kept.empty() && kept.size() < std::min<std::size_t>(short_memory.events_min, loaded.last_seq))
    return "events are gone that had to stay";
  if (newest > 0 && !same(kept, model.events(loaded.first_seq - 1, 1'000'000).value()))
    return "events have a gap or are not those that were given";
  return {};
}

int check(path const& directory) {
  auto const told = newest_told(directory);
  auto opened = open_journal(directory);
  if (!opened) return say(opened.error());
  auto& subject = **opened;
  {
    auto database = sqlite::connection::open(directory / "journal.db", sqlite::access::read);
    auto const integrity =
        database ? database->text("PRAGMA integrity_check") : std::unexpected(database.error());
    if (integrity != "ok") {
      fmt::print(stderr, "broken: integrity_check says {}\n", integrity.value_or("nothing"));
      return broken;
    }
  }
  if (auto const wrong = what_is_wrong(subject, told); !wrong.empty()) {
    fmt::print(stderr, "broken: {}\n", wrong);
    return broken;
  }
  // And it goes on from there.
  auto const loaded = subject.load().value();
  auto const newest = newest_of(loaded);
  workload more(subject, told_file(directory), newest + 3, loaded);
  if (auto const done = more.run(); !done) return say(done.error());
  if (auto const wrong = what_is_wrong(subject, newest + 3); !wrong.empty()) {
    fmt::print(stderr, "broken after going on: {}\n", wrong);
    return broken;
  }
  fmt::print("whole: told {}, kept {}\n", told, newest);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string_view> const words(argv + 1, argv + argc);
  if (words.size() == 3 && words[0] == "write")
    return write_all(words[1], std::strtoull(argv[3], nullptr, 10));
  if (words.size() == 2 && words[0] == "check") return check(words[1]);
  fmt::print(stderr, "usage: {} write DIR COUNT | check DIR\n", argv[0]);
  return usage;
}

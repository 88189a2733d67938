// A whole keeper, as it is shipped, beside the least that can do the same.
//
//   keeper_bench latency [STARTS]      from an order to the child's first instruction, from its last one to
//                                      the event, and from kill -9 to its replacement
//   keeper_bench memory [KEEPERS]      of keepers that hold one sleeping service each
//   keeper_bench logs [MIB [ROUNDS]]   lines of 100 bytes through the keeper, and through cat
//   keeper_bench idle [SECONDS]        system calls of a keeper with nothing to do, as strace counts them
//
// Both sides take turns, one start each, so that the machine's other work falls on both alike; medians count.
#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <linux/futex.h>
#include <memory>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "base/ensure.hpp"
#include "bench/bare_spawner.hpp"
#include "bench/kept_place.hpp"
#include "bench/stamp_slot.hpp"
#include "system/files.hpp"

namespace {

using namespace ostler;
using bench::bare_message;
using bench::beside_us;
using bench::kept_place;
using bench::now;
using bench::plain_link;
using bench::stamp_slot;

// So that whoever was busy with what we measured sleeps again before the next.
void let_settle(long microseconds) {
  timespec const wait{.tv_sec = 0, .tv_nsec = microseconds * 1000};
  ::clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, nullptr);
}

template <class T> T part(std::vector<T> values, double share) {
  ensure(!values.empty(), "something was measured");
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

// The file in which children stamp.
class stamps {
 public:
  explicit stamps(std::string path) : path_(std::move(path)) {
    system::fd const file(::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    ensure(file && ::ftruncate(file.get(), 4096) == 0, "the file of the stamps can be made");
    auto* const mapped = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    ensure(mapped != MAP_FAILED, "the file of the stamps can be mapped");
    slots_ = static_cast<stamp_slot*>(mapped);
  }
  stamps(stamps const&) = delete;
  stamps& operator=(stamps const&) = delete;
  ~stamps() {
    ::munmap(slots_, 4096);
    ::unlink(path_.c_str());
  }

  stamp_slot volatile& at(int number) { return slots_[number]; }
  std::vector<std::string> command(int number) const {
    return {beside_us("service_stamp"), path_, std::to_string(number)};
  }
  // Until another child than the `before` ones has stamped.
  void await(int number, std::uint32_t before) {
    auto* const born = &slots_[number].born;
    while (__atomic_load_n(born, __ATOMIC_SEQ_CST) == before) {
      timespec const patience{.tv_sec = 10, .tv_nsec = 0};
      auto const woken = ::syscall(SYS_futex, born, FUTEX_WAIT, before, &patience, nullptr, 0);
      ensure(woken == 0 || errno != ETIMEDOUT, "the child is born");
    }
  }

 private:
  std::string path_;
  stamp_slot* slots_ = nullptr;
};

struct compared {
  std::string_view what;
  std::vector<std::uint64_t> bare;
  std::vector<std::uint64_t> ours;

  void print() const {
    auto const microseconds = [](std::vector<std::uint64_t> const& of, double share) {
      return static_cast<double>(part(of, share)) / 1e3;
    };
    fmt::print("{:34} bare p50 {:7.1f} p90 {:7.1f}   keeper p50 {:7.1f} p90 {:7.1f} us   {:.2f}x\n", what,
               microseconds(bare, 0.5), microseconds(bare, 0.9), microseconds(ours, 0.5),
               microseconds(ours, 0.9), microseconds(ours, 0.5) / microseconds(bare, 0.5));
  }
};

constexpr std::string_view exited = R"("fact":"process.exited")";
constexpr std::string_view running = R"("fact":"service.running")";
// One that ends by itself, though nobody asked it to, is called an error when it is not to be started again.
constexpr std::string_view given_up = R"("fact":"service.error")";

void measure_latency(int starts) {
  kept_place place;
  stamps seen(place.path() + "/stamps");
  auto const describe = [&](char const* name, int slot, wire::restart_on restart) {
    wire::service_spec made{.name = name, .command = seen.command(slot), .autostart = false};
    made.restart = {.on = restart, .max = 1'000'000, .window = milliseconds(1), .first = milliseconds(0)};
    place.spec.services.push_back(std::move(made));
  };
  describe("once", 1, wire::restart_on::never);
  describe("again", 3, wire::restart_on::always);
  bench::bare_spawner const once(seen.command(0));
  auto again = std::make_unique<bench::bare_spawner>(seen.command(2));
  place.start();
  plain_link link(place);

  compared start{"order -> first instruction", {}, {}};
  compared end{"last instruction -> event read", {}, {}};
  compared restart{"kill -9 -> first of the next", {}, {}};
  for (int round = 0; round < starts; ++round) {
    auto born = seen.at(0).born;
    auto begun = now();
    once.order(bare_message::kind::start);
    auto const pid = once.await(bare_message::kind::started).pid;
    seen.await(0, born);
    start.bare.push_back(seen.at(0).first - begun);
    let_settle(500);
    ::kill(pid, SIGUSR1);
    once.await(bare_message::kind::ended);
    end.bare.push_back(now() - seen.at(0).last);
    let_settle(500);

    born = seen.at(1).born;
    link.ask("service.start", wire::services_named{{"once"}});
    seen.await(1, born);
    start.ours.push_back(seen.at(1).first - link.sent_at());
    link.await(running);
    let_settle(500);
    ::kill(seen.at(1).pid, SIGUSR1);
    end.ours.push_back(link.await(exited) - seen.at(1).last);
    link.await(given_up);
    let_settle(500);
  }
  auto const bare_born = seen.at(2).born;
  again->order(bare_message::kind::start_and_keep_up);
  seen.await(2, bare_born);
  link.ask("service.start", wire::services_named{{"again"}});
  link.await(running);
  for (int round = 0; round < starts; ++round) {
    for (auto const slot : {2, 3}) {
      let_settle(1000);
      auto const born = seen.at(slot).born;
      auto const begun = now();
      ::kill(seen.at(slot).pid, SIGKILL);
      seen.await(slot, born);
      (slot == 2 ? restart.bare : restart.ours).push_back(seen.at(slot).first - begun);
      // What nobody reads would hold whoever tells it.
      if (slot == 2)
        again->await(bare_message::kind::ended);
      else
        link.await(running);
    }
  }
  // First the one who would start it again.
  again.reset();
  ::kill(seen.at(2).pid, SIGKILL);
  for (auto const* each : {&start, &end, &restart}) each->print();
}

// Of a number that follows `key` in a file of the system.
long number_behind(std::string const& path, std::string_view key) {
  auto const text = system::read_file_at(AT_FDCWD, path, 65536);
  if (!text) return 0;
  auto at = text->find(key);
  if (at == std::string::npos) return 0;
  at = text->find_first_of("0123456789", at + key.size());
  long value = 0;
  std::from_chars(text->data() + at, text->data() + text->size(), value);
  return value;
}

void measure_memory(int count) {
  std::vector<std::unique_ptr<kept_place>> places;
  for (int number = 0; number < count; ++number) {
    auto& place = *places.emplace_back(std::make_unique<kept_place>());
    place.spec.services.push_back({.name = "web", .command = {"sleep", "infinity"}});
    place.start();
    plain_link(place).await(running);
  }
  // What is given back when it was quiet for a while has been.
  ::sleep(3);
  std::array<std::string_view, 4> const what{"\nPss:", "\nRss:", "\nPrivate_Dirty:", "\nPss_Anon:"};
  for (auto const key : what) {
    std::vector<long> all;
    for (auto const& place : places)
      all.push_back(number_behind(fmt::format("/proc/{}/smaps_rollup", place->keeper_pid()), key));
    fmt::print("{:14} of {} idle keepers, KiB: p50 {:5} p90 {:5}\n", key.substr(1), count, part(all, 0.5),
               part(all, 0.9));
  }
}

double cpu_seconds(std::int64_t pid) {
  auto const text = system::read_file_at(AT_FDCWD, fmt::format("/proc/{}/stat", pid), 4096);
  ensure(text.has_value(), "the keeper lives");
  // The fourteenth and the fifteenth; the second may contain anything but ends with the last bracket.
  long user = 0;
  long kernel = 0;
  std::sscanf(text->c_str() + text->rfind(')'), ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld",
              &user, &kernel);
  return static_cast<double>(user + kernel) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

struct captured {
  std::vector<double> speed;
  std::vector<double> cpu;
  void print(std::string_view name) const {
    fmt::print("{:26} MiB/s p50 {:6.0f} least {:6.0f} most {:6.0f}   CPU s/GiB {:.3f}\n", name,
               part(speed, 0.5), part(speed, 0), part(speed, 1), part(cpu, 0.5));
  }
};

void capture_by_keeper(long mib, std::int64_t cap, captured& into) {
  kept_place place;
  place.spec.log_cap_bytes = cap;
  wire::service_spec spec{
      .name = "web", .command = {beside_us("line_writer"), std::to_string(mib)}, .autostart = false};
  spec.restart.on = wire::restart_on::never;
  place.spec.services.push_back(std::move(spec));
  place.start();
  plain_link link(place);
  auto const before = cpu_seconds(place.keeper_pid());
  link.ask("service.start", wire::services_named{{"web"}});
  auto const took = static_cast<double>(link.await(exited) - link.sent_at()) / 1e9;
  into.speed.push_back(static_cast<double>(mib) / took);
  into.cpu.push_back((cpu_seconds(place.keeper_pid()) - before) * 1024 / static_cast<double>(mib));
  // The end lies where it must when nothing before it was lost; else this waits for ever.
  constexpr std::string_view end = "the end\n";
  link.ask("logs.read", wire::log_read{.service = "web",
                                       .stream = 1,
                                       .position = (static_cast<std::uint64_t>(mib) << 20) - end.size(),
                                       .only = "out",
                                       .raw = true});
  link.credit(1, 65536);
  link.await(end);
}

void capture_by_cat(long mib, captured& into) {
  auto const path =
      (std::filesystem::temp_directory_path() / fmt::format("ostler-cat-{}", ::getpid())).string();
  std::array<int, 2> ends{};
  ensure(::pipe2(ends.data(), O_CLOEXEC) == 0, "a pipe can be made");
  auto const writer_path = beside_us("line_writer");
  auto const size = std::to_string(mib);
  auto const begin = now();
  auto const writer = ::fork();
  if (writer == 0) {
    ::dup2(ends[1], 1);
    ::execl(writer_path.c_str(), "line_writer", size.c_str(), nullptr);
    ::_exit(127);
  }
  auto const cat = ::fork();
  if (cat == 0) {
    ::dup2(ends[0], 0);
    ::dup2(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), 1);
    ::execlp("cat", "cat", nullptr);
    ::_exit(127);
  }
  ::close(ends[0]);
  ::close(ends[1]);
  int status = -1;
  rusage used{};
  ::waitpid(writer, &status, 0);
  ::wait4(cat, &status, 0, &used);
  into.speed.push_back(static_cast<double>(mib) * 1e9 / static_cast<double>(now() - begin));
  auto const seconds = [](timeval time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  into.cpu.push_back((seconds(used.ru_utime) + seconds(used.ru_stime)) * 1024 / static_cast<double>(mib));
  ensure(status == 0 && std::filesystem::file_size(path) == static_cast<std::uint64_t>(mib) << 20,
         "cat has written all of it");
  std::filesystem::remove(path);
}

void measure_logs(long mib, int rounds) {
  constexpr std::int64_t usual = std::int64_t{64} << 20;
  captured ours;
  captured all;
  captured cat;
  for (int round = 0; round < rounds; ++round) {
    capture_by_keeper(mib, usual, ours);
    capture_by_cat(mib, cat);
    capture_by_keeper(mib, 2 * (std::int64_t{mib} << 20), all);
  }
  ours.print("keeper, keeps 64 MiB");
  all.print("keeper, keeps all");
  cat.print("cat > file");
  fmt::print("keeper to cat: {:.2f}, keeping all: {:.2f}\n", part(ours.speed, 0.5) / part(cat.speed, 0.5),
             part(all.speed, 0.5) / part(cat.speed, 0.5));
}

void measure_idle(unsigned seconds) {
  kept_place place;
  place.spec.services.push_back({.name = "web", .command = {"sleep", "infinity"}});
  place.start();
  plain_link(place).await(running);
  ::sleep(3);
  auto const calls = place.path() + "/calls";
  auto const pid = std::to_string(place.keeper_pid());
  auto const strace = ::fork();
  if (strace == 0) {
    ::execlp("strace", "strace", "-f", "-q", "-o", calls.c_str(), "-p", pid.c_str(), nullptr);
    ::_exit(127);
  }
  ::sleep(seconds);
  ::kill(strace, SIGINT);
  ::waitpid(strace, nullptr, 0);
  auto const text = system::read_file_at(AT_FDCWD, calls, std::size_t{1} << 20);
  ensure(text.has_value(), "strace has run");
  long count = 0;
  // The wait in which it was met does not count.
  for (std::size_t at = 0; at < text->size(); at = text->find('\n', at) + 1) {
    auto const line = std::string_view(*text).substr(at, text->find('\n', at) - at);
    count += line.find("<detached") == std::string_view::npos ? 1 : 0;
  }
  fmt::print("an idle keeper made {} system calls in {} s\n", count, seconds);
}

long number_or(int argc, char** argv, int at, long otherwise) {
  return argc > at ? std::atol(argv[at]) : otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  std::string_view const what = argc > 1 ? argv[1] : "";
  if (what == "latency")
    measure_latency(static_cast<int>(number_or(argc, argv, 2, 500)));
  else if (what == "memory")
    measure_memory(static_cast<int>(number_or(argc, argv, 2, 100)));
  else if (what == "logs")
    measure_logs(number_or(argc, argv, 2, 1024), static_cast<int>(number_or(argc, argv, 3, 3)));
  else if (what == "idle")
    measure_idle(static_cast<unsigned>(number_or(argc, argv, 2, 10)));
  else
    return 2;
}

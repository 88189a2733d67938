// How fast a service may print: a process writes lines as fast as it can, another one captures them.
//
//   log_capture_bench DIRECTORY [MIB [ROUNDS [WRITE_SIZE]]]
//
// In every round each way of capturing has its turn: our log with its usual cap, our log keeping all, cat to
// a file, and a bare loop over a large pipe. Time is from the first write until the capturing process has
// ended; CPU and memory are those of that process. Prints a line of JSON for each run; run_logs.sh makes a
// table of them.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "base/ensure.hpp"
#include "keeper/logs/fifo.hpp"
#include "keeper/logs/log_store.hpp"
#include "keeper/logs/newlines.hpp"
#include "keeper/logs/pump.hpp"
#include "keeper/loop/loop.hpp"
#include "system/files.hpp"

namespace {

using namespace ostler;
using namespace ostler::keeper;
using clock_type = std::chrono::steady_clock;

constexpr std::size_t line_size = 100;

struct plan {
  std::filesystem::path directory;
  std::size_t bytes = std::size_t{1} << 30;
  int rounds = 5;
  std::size_t write_size = 65536;
};

double seconds_since(clock_type::time_point start) {
  return std::chrono::duration<double>(clock_type::now() - start).count();
}

[[noreturn]] void print_lines(plan const& wanted, int to) {
  std::string lines(std::max(wanted.write_size / line_size, std::size_t{1}) * line_size, '\n');
  for (std::size_t at = 0; at < lines.size(); ++at)
    if (at % line_size != line_size - 1) lines[at] = static_cast<char>('a' + (at * 7 + at / line_size) % 26);
  for (std::size_t done = 0; done < wanted.bytes; done += lines.size()) {
    auto const part = std::string_view(lines).substr(0, wanted.bytes - done);
    if (!system::write_all(to, as_bytes(part))) ::_exit(1);
  }
  ::_exit(0);
}

long resident_kib() {
  std::ifstream facts("/proc/self/statm");
  long size = 0;
  long resident = 0;
  facts >> size >> resident;
  return resident * (::sysconf(_SC_PAGESIZE) / 1024);
}

// What each way does in a process of its own, with the FIFO to read from. Returns by how many KiB it grew.
long capture_in_log(plan const& wanted, system::fd from, std::uint64_t cap) {
  loop running;
  // As the keeper does it: what was read outlives it.
  intake reads(running);
  auto const directory = system::open_at(AT_FDCWD, wanted.directory.string(), O_RDONLY | O_DIRECTORY);
  ensure(directory && reads.survive_in(directory->get(), "intake"), "the directory can hold what was read");
  auto const store = log_store::open((wanted.directory / "log").string(), {.cap = cap});
  ensure(store.has_value(), "the log can be opened");
  pump carried(running, reads, **store, "log", log_stream::out);
  ensure(carried.start(std::move(from), [&] { running.stop(); }).has_value(), "the pump starts");
  auto const before = resident_kib();
  auto grown = 0L;
  running.run();
  grown = resident_kib() - before;
  ensure((*store)->end_position() == wanted.bytes, "all of it was captured");
  ensure((*store)->end_lines() == wanted.bytes / line_size, "every line was counted");
  return grown;
}

[[noreturn]] void capture_with_cat(plan const& wanted, int from) {
  auto const to = ::open((wanted.directory / "cat").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  ::fcntl(from, F_SETFL, 0);
  ::dup2(from, STDIN_FILENO);
  ::dup2(to, STDOUT_FILENO);
  ::execlp("cat", "cat", nullptr);
  ::_exit(127);
}

long capture_with_loop(plan const& wanted, int from) {
  constexpr std::size_t size = std::size_t{1} << 20;
  system::fd const to(
      ::open((wanted.directory / "bare").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  ::fcntl(from, F_SETFL, 0);
  ::fcntl(from, F_SETPIPE_SZ, static_cast<int>(size));
  std::vector<char> buffer(size);
  for (;;) {
    auto const got = ::read(from, buffer.data(), buffer.size());
    if (got <= 0) return 0;
    auto const bytes = as_bytes(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
    ensure(system::write_all(to.get(), bytes).has_value(), "the file can be written");
  }
}

enum class way : std::uint8_t { log, log_all, cat, bare };
constexpr std::array ways{way::log, way::cat, way::bare, way::log_all};
constexpr std::array<std::string_view, 4> way_names{"log", "log_all", "cat", "bare"};

[[noreturn]] void capture(plan const& wanted, way how, system::fd from, int report) {
  long grown = 0;
  switch (how) {
    case way::log: grown = capture_in_log(wanted, std::move(from), log_options{}.cap); break;
    case way::log_all:
      grown = capture_in_log(wanted, std::move(from), 2 * std::uint64_t{wanted.bytes});
      break;
    case way::cat: capture_with_cat(wanted, from.get());
    case way::bare: grown = capture_with_loop(wanted, from.get()); break;
  }
  ensure(::write(report, &grown, sizeof grown) == sizeof grown, "the report is taken");
  ::_exit(0);
}

template <class Work> pid_t in_process(Work work) {
  auto const made = ::fork();
  ensure(made >= 0, "a process can be made");
  if (made == 0) work();
  return made;
}

rusage wait_for(pid_t who) {
  int status = -1;
  rusage used{};
  ensure(::wait4(who, &status, 0, &used) == who && status == 0, "each process succeeds");
  return used;
}

void run(plan const& wanted, way how) {
  auto const fifo = (wanted.directory / "fifo").string();
  ensure(make_fifo(AT_FDCWD, fifo).has_value(), "a FIFO can be made");
  auto service = open_service_end(AT_FDCWD, fifo);
  auto keeper = open_keeper_end(AT_FDCWD, fifo);
  ensure(service.has_value() && keeper.has_value(), "the FIFO can be opened");
  int report[2];
  ensure(::pipe2(report, O_CLOEXEC) == 0, "a pipe can be made");
  auto const start = clock_type::now();
  auto const captor = in_process([&] {
    service->reset();
    capture(wanted, how, std::move(*keeper), report[1]);
  });
  auto const writer = in_process([&] {
    keeper->reset();
    print_lines(wanted, service->get());
  });
  service->reset();
  keeper->reset();
  ::close(report[1]);
  wait_for(writer);
  auto const used = wait_for(captor);
  auto const took = seconds_since(start);
  long grown = 0;
  if (::read(report[0], &grown, sizeof grown) != sizeof grown) grown = 0;
  ::close(report[0]);
  auto const cpu = [](timeval part) {
    return static_cast<double>(part.tv_sec) + static_cast<double>(part.tv_usec) / 1e6;
  };
  auto const gib = static_cast<double>(wanted.bytes) / static_cast<double>(std::size_t{1} << 30);
  fmt::print("{{\"way\":\"{}\",\"mib_per_s\":{:.0f},\"cpu_s_per_gib\":{:.3f},\"grown_kib\":{}}}\n",
             way_names[static_cast<std::size_t>(how)], gib * 1024 / took,
             (cpu(used.ru_utime) + cpu(used.ru_stime)) / gib, grown);
  std::fflush(stdout);
  for (auto const* left : {"log", "cat", "bare", "fifo"})
    std::filesystem::remove_all(wanted.directory / left);
}

void measure_counting(std::string_view name, std::size_t size) {
  std::string text(size, 'x');
  for (std::size_t at = line_size - 1; at < size; at += line_size) text[at] = '\n';
  std::uint64_t found = 0;
  auto const rounds = std::max<std::size_t>((std::size_t{4} << 30) / size, 1);
  auto const start = clock_type::now();
  for (std::size_t round = 0; round < rounds; ++round) found += count_newlines(as_bytes(text));
  auto const took = seconds_since(start);
  ensure(found == rounds * (size / line_size), "every line was counted");
  fmt::print("{{\"way\":\"{}\",\"gib_per_s\":{:.1f}}}\n", name, 4 / took);
}

}  // namespace

int main(int count, char** words) {
  if (count < 2 || count > 5) {
    fmt::print(stderr, "usage: log_capture_bench DIRECTORY [MIB [ROUNDS [WRITE_SIZE]]]\n");
    return 2;
  }
  auto const number = [&](int at, std::size_t otherwise) {
    return at < count ? std::strtoull(words[at], nullptr, 10) : otherwise;
  };
  plan wanted{.directory = words[1]};
  wanted.bytes = (number(2, 1024) << 20) / line_size * line_size;
  wanted.rounds = static_cast<int>(number(3, 5));
  wanted.write_size = number(4, 65536);
  measure_counting("count_1_mib", std::size_t{1} << 20);
  measure_counting("count_256_mib", std::size_t{256} << 20);
  for (int round = 0; round < wanted.rounds; ++round)
    for (auto const how : ways) run(wanted, how);
  return 0;
}

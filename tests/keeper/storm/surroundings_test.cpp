// Disks that are full, descriptors that are used up, directories that vanish: what runs goes on.
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/keeper/storm/storm.hpp"

namespace ostler::test {
namespace {

// A small file system of its own over a directory, seen by us and by those we start.
class small_disk {
 public:
  explicit small_disk(std::string where) : where_(std::move(where)) {
    can_ = ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           ::mount("tmpfs", where_.c_str(), "tmpfs", 0, "size=2m,mode=700") == 0;
  }
  small_disk(small_disk const&) = delete;
  small_disk& operator=(small_disk const&) = delete;
  ~small_disk() {
    if (can_) ::umount2(where_.c_str(), MNT_DETACH);
  }
  bool works() const { return can_; }
  // All that is left of it, with a file that can be removed again.
  void fill() const {
    int const file = ::open(filler().c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    for (std::string block(64UL * 1024, 'x'); !block.empty(); block.resize(block.size() / 2))
      while (::write(file, block.data(), block.size()) == static_cast<ssize_t>(block.size())) {
      }
    ::close(file);
  }
  void empty() const { ::unlink(filler().c_str()); }

 private:
  std::string filler() const { return where_ + "/filler"; }
  std::string where_;
  bool can_ = false;
};

// Bytes that it wrote so far, wherever to.
std::int64_t printed_by(std::int64_t pid) {
  for (auto const& line : lines_of(fmt::format("/proc/{}/io", pid)))
    if (line.starts_with("wchar:")) return std::stoll(line.substr(6));
  return 0;
}

// Lines that were told, and those that were said to be missing, from the first on.
struct accounted {
  std::uint64_t lines = 0;
  std::uint64_t missing = 0;
  bool in_order = true;
  std::uint64_t last = 0;
};

accounted account_of(link_client& link, std::string const& service) {
  constexpr std::uint32_t stream = 77;
  link.at(stream) = {};
  link.ask("logs.read", wire::log_read{.service = service, .stream = stream, .only = "out"});
  auto bytes = link.read_all(stream);
  accounted out;
  record_cutter().take(bytes, [&](wire::log_record const& each) {
    if (each.kind == wire::log_record_kind::dropped)
      out.missing += wire::parse_log_dropped(each.payload).value().lines;
    if (each.kind != wire::log_record_kind::out) return;
    ++out.lines;
    auto const number = std::strtoull(each.payload.c_str(), nullptr, 10);
    // Each line has its place, and what is missing before it was told before it.
    out.in_order = out.in_order && number == out.lines + out.missing;
    out.last = number;
  });
  return out;
}

TEST(a_full_disk, stops_nobody_and_what_it_cost_is_told) {
  held place;
  small_disk const disk(place.directory());
  if (!disk.works()) GTEST_SKIP() << "no mounts of our own here";
  place.service("numbers", {"steady", "5000"});
  place.service("idle", {"wait"});
  place.start();
  auto const link = place.client();
  link->fact("service.running", "numbers");
  link->fact("service.running", "idle");
  auto const keeper = place.keeper_pid();
  auto const pid = status_of(*link, "numbers").pid;
  auto const is_stuck = [&] {
    auto const status = link->ask<wire::keeper_status>("status");
    return status.services.size() == 2;
  };
  disk.fill();
  // Long enough for more than is kept anywhere on its way.
  auto const before = printed_by(pid);
  wait_for([&] { return printed_by(pid) > before + 200'000; }, "the service to go on printing");
  EXPECT_TRUE(is_stuck());
  // Ends, starts and stops go on, and are told when they can be kept.
  link->ask("service.stop", wire::services_named{{"idle"}});
  wait_for([&] { return status_of(*link, "idle").state == "stopped"; }, "a stop");
  disk.empty();
  auto const last_before = account_of(*link, "numbers").last;
  wait_for([&] { return account_of(*link, "numbers").last > last_before; }, "what comes after the loss");
  link->fact("service.stopped", "idle");
  link->ask("service.stop", wire::services_named{{"numbers"}});
  link->fact("service.stopped", "numbers");
  auto const told = account_of(*link, "numbers");
  EXPECT_TRUE(told.in_order);
  EXPECT_GT(told.missing, 0U);
  fmt::print("{} lines, {} of them dropped\n", told.last, told.missing);
  EXPECT_EQ(place.keeper_pid(), keeper);
  whole_story(place);
  place.stop();
}

TEST(a_full_disk, does_not_stop_a_stop) {
  held place;
  small_disk const disk(place.directory());
  if (!disk.works()) GTEST_SKIP() << "no mounts of our own here";
  place.service("numbers", {"child", "steady", "5000"});
  place.start();
  auto const keeper = place.keeper_pid();
  {
    auto const link = place.client();
    link->fact("service.running", "numbers");
    disk.fill();
    link->ask("stop", wire::stop_params{});
    wait_for([&] { return place.alive().empty(); }, "the end of all");
    link->ask<wire::keeper_status>("status");
  }
  disk.empty();
  auto const link = place.client();
  auto const last = link->fact("keeper.stopped");
  link->send("forget", wire::forget_params{.nonce = link->greeting().nonce, .through_seq = last.seq});
  wait_until_gone(keeper);
}

TEST(a_limit_on_the_size_of_files, is_a_full_disk) {
  held place;
  place.service("numbers", {"steady", "20000"});
  place.start();
  auto const link = place.client();
  link->fact("service.running", "numbers");
  auto const keeper = static_cast<pid_t>(place.keeper_pid());
  auto const pid = status_of(*link, "numbers").pid;
  rlimit before{};
  ::prlimit(keeper, RLIMIT_FSIZE, nullptr, &before);
  rlimit const tight{.rlim_cur = 64UL * 1024, .rlim_max = before.rlim_max};
  ASSERT_EQ(::prlimit(keeper, RLIMIT_FSIZE, &tight, nullptr), 0);
  auto const segment = place.directory() + "/logs/numbers";
  wait_for(
      [&] {
        if (!lives(keeper)) return true;
        std::uintmax_t size = 0;
        for (auto const& each : std::filesystem::directory_iterator(segment)) size += each.file_size();
        return size >= 60UL * 1024;
      },
      "the limit");
  auto const before_loss = printed_by(pid);
  wait_for([&] { return !lives(keeper) || printed_by(pid) > before_loss + 200'000; }, "more than fits");
  ASSERT_TRUE(lives(keeper));
  ASSERT_EQ(status_of(*link, "numbers").pid, pid);
  ASSERT_EQ(::prlimit(keeper, RLIMIT_FSIZE, &before, nullptr), 0);
  wait_for([&] { return account_of(*link, "numbers").lines > 10'000; }, "more lines");
  link->ask("service.stop", wire::services_named{{"numbers"}});
  link->fact("service.stopped", "numbers");
  auto const told = account_of(*link, "numbers");
  EXPECT_TRUE(told.in_order);
  EXPECT_GT(told.missing, 0U);
  place.stop();
}

TEST(a_keeper_without_descriptors, holds_on_to_what_it_holds_and_does_not_spin) {
  held place;
  place.service("web", {"wait"});
  place.service("numbers", {"steady", "1000"});
  auto& crash = place.service("crash", {"file", "runs", "wait"});
  crash.restart = {.on = wire::restart_on::always, .max = 1'000'000, .first = milliseconds(1), .cap = 200ms};
  place.start();
  auto const link = place.client();
  for (auto const* name : {"web", "numbers", "crash"}) link->fact("service.running", name);
  // The file of its log is open from the first line on.
  wait_for([&] { return !whole_log(*link, "numbers").empty(); }, "its first line");
  auto const keeper = static_cast<pid_t>(place.keeper_pid());
  auto const web = status_of(*link, "web").pid;
  rlimit before{};
  ::prlimit(keeper, RLIMIT_NOFILE, nullptr, &before);
  auto const open = descriptors_of(keeper);
  rlimit const tight{.rlim_cur = open + 8, .rlim_max = before.rlim_max};
  ASSERT_EQ(::prlimit(keeper, RLIMIT_NOFILE, &tight, nullptr), 0);
  {
    std::vector<std::unique_ptr<link_client>> welcome;
    // A sanitizer may hold the last one itself for a moment, and then nobody else is let in.
    try {
      while (descriptors_of(keeper) < open + 8) welcome.push_back(place.client());
    } catch (std::exception const&) {
    }
    std::vector<system::fd> waiting;
    for (int at = 0; at < 20; ++at) waiting.push_back(connect_to(place.socket()));
    auto const spent = cpu_of(keeper);
    // Nobody can be started without descriptors, and that is tried again.
    ::kill(static_cast<pid_t>(status_of(*link, "crash").pid), SIGKILL);
    link->event([](auto const& each) { return each.fact == "process.failed"; }, "a start that fails");
    link->event([](auto const& each) { return each.fact == "process.failed"; }, "another one");
    auto const began = std::chrono::steady_clock::now();
    wait_for(
        [&] {
          link->pump(100ms);
          return std::chrono::steady_clock::now() - began > 2s;
        },
        "some time to pass");
    auto const used = cpu_of(keeper) - spent;
    fmt::print("{} ms of the processor in 2 s without descriptors\n", used.count());
    EXPECT_LT(used, 1s);
    EXPECT_EQ(status_of(*link, "web").pid, web);
    EXPECT_TRUE(lives(web));
    EXPECT_EQ(status_of(*link, "numbers").run, 1U);
  }
  // Its clients gone, there are some again.
  link->fact("process.spawned", "crash");
  auto const later = place.client();
  EXPECT_EQ(status_of(*later, "web").pid, web);
  std::string wrong;
  EXPECT_GT(numbered_through(whole_log(*later, "numbers"), wrong), 0U) << wrong;
  ASSERT_EQ(::prlimit(keeper, RLIMIT_NOFILE, &before, nullptr), 0);
  place.stop();
}

TEST(a_keeper_whose_directory_was_removed, still_serves_and_stops) {
  held place;
  place.service("web", {"child", "wait"});
  place.service("numbers", {"steady", "1000"});
  place.start();
  auto const keeper = place.keeper_pid();
  auto const link = place.client();
  link->fact("service.running", "web");
  link->fact("service.running", "numbers");
  auto const web = status_of(*link, "web").pid;
  auto const numbers = status_of(*link, "numbers").pid;
  std::filesystem::remove_all(place.directory());
  EXPECT_EQ(status_of(*link, "web").pid, web);
  EXPECT_TRUE(lives(web));
  EXPECT_TRUE(lives(numbers));
  // Refused for want of a place for its output, but refused.
  auto const command = link->send("exec.start", wire::exec_start{.command = {"/bin/true"}});
  link->until([&] { return link->answered(command); }, "an answer");
  link->ask("stop", wire::stop_params{});
  auto const last = link->fact("keeper.stopped");
  link->send("forget", wire::forget_params{.nonce = link->greeting().nonce, .through_seq = last.seq});
  wait_until_gone(keeper);
  EXPECT_FALSE(lives(web));
  EXPECT_FALSE(lives(numbers));
}

}  // namespace
}  // namespace ostler::test

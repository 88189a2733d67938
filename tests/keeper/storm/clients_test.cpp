// Clients that are killed at any moment: nothing that is held notices, and nothing of them stays.
#include <csignal>
#include <cstdlib>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/keeper/storm/storm.hpp"

namespace ostler::test {
namespace {

// Until it is killed, in a process of its own.
void behave_badly(held& place, int kind) {
  for (std::uint32_t round = 1;; ++round) {
    auto const link = kind == 0 ? std::make_unique<link_client>(place.socket()) : place.client();
    switch (kind) {
      case 0: link->send_bytes(std::string("\x40\0\0\0\0\0", 6)); break;
      case 1:
        link->ask("logs.read", wire::log_read{.service = "numbers", .stream = round, .follow = true});
        link->credit(round, 1U << 30U);
        link->until([&] { return link->at(round).data.size() > 100'000; }, "much");
        break;
      case 2:
        link->ask("logs.read", wire::log_read{.service = "numbers", .stream = round, .follow = true});
        // Gives credit, and never reads.
        link->credit(round, 1U << 30U);
        for (;;) ::pause();
      case 3: {
        link->send(
            "exec.start",
            wire::exec_start{.command = {"/bin/cat"}, .in = round, .out = round + 1, .label = "storm"});
        link->credit(round + 1, 1U << 20U);
        link->write(round, std::string(200'000, 'x'));
        break;
      }
      case 4: {
        auto const id = link->send("exec.start",
                                   wire::exec_start{.command = {"/bin/sh", "-c", "echo hello; exec /bin/cat"},
                                                    .terminal = wire::terminal_size{},
                                                    .in = round,
                                                    .out = round + 1});
        link->credit(round + 1, 1U << 20U);
        link->until([&] { return link->answered(id); }, "a terminal");
        break;
      }
      case 5:
        for (int times = 0; times < 50; ++times) link->send("status", wire::nothing{});
        link->ask<wire::keeper_status>("status");
        break;
      default:
        link->ask("files.write",
                  wire::file_write{.path = fmt::format("half-{}", ::getpid()), .stream = round});
        break;
    }
  }
}

pid_t begin_behaving_badly(held& place, int kind) {
  auto const pid = ::fork();
  if (pid != 0) return pid;
  try {
    behave_badly(place, kind);
  } catch (...) {
    // Sent away, or too many: it waits for its end.
    for (;;) ::pause();
  }
  std::_Exit(0);
}

void end_all_sessions(link_client& link) {
  wait_for(
      [&] {
        auto const sessions = link.ask<wire::keeper_status>("status").sessions;
        for (auto const& each : sessions) {
          auto const id = link.send("session.close", wire::session_named{each.session});
          link.until([&] { return link.answered(id); }, "a session to be closed");
        }
        return sessions.empty();
      },
      "the end of all sessions");
}

TEST(clients, that_are_killed_at_any_moment_leave_nothing_behind) {
  held place;
  place.service("numbers", {"file", "runs", "steady", "2000"});
  place.service("tree", {"child", "child", "wait"});
  place.start();
  auto const keeper = place.keeper_pid();
  std::int64_t numbers = 0;
  std::int64_t tree = 0;
  {
    auto const link = place.client();
    link->fact("service.running", "numbers");
    link->fact("service.running", "tree");
    numbers = status_of(*link, "numbers").pid;
    tree = status_of(*link, "tree").pid;
  }
  auto const processes = [&] { return place.alive().size(); };
  wait_for([&] { return processes() == 4; }, "the tree");
  // One of each kind, so that what is made once has been made.
  auto const storm = [&](int count, weather& moments) {
    std::vector<pid_t> alive;
    for (int at = 0; at < count || !alive.empty(); ++at) {
      if (at < count) alive.push_back(begin_behaving_badly(place, at % 7));
      if (at < count && alive.size() < 8) continue;
      auto const which = static_cast<std::size_t>(moments.between(0, static_cast<int>(alive.size()) - 1));
      moments.wait_with(alive[which], std::chrono::milliseconds(30));
      ::kill(alive[which], SIGKILL);
      ::waitpid(alive[which], nullptr, 0);
      alive.erase(alive.begin() + static_cast<std::ptrdiff_t>(which));
    }
  };
  weather moments;
  storm(14, moments);
  end_all_sessions(*place.client());
  wait_for([&] { return processes() == 4; }, "the end of all commands");
  auto const descriptors_before = [&] {
    auto const link = place.client();
    link->ask<wire::keeper_status>("status");
    return descriptors_of(keeper);
  }();
  auto const memory_before = memory_kib(keeper, "RssAnon");

  storm(of_storm(100, 1000), moments);
  end_all_sessions(*place.client());
  wait_for([&] { return processes() == 4; }, "the end of all commands");
  auto const link = place.client();
  wait_for([&] { return descriptors_of(keeper) <= descriptors_before; }, "all descriptors to be given back");
  wait_for([&] { return is_within(memory_kib(keeper, "RssAnon"), memory_before + 512); },
           "the memory to be given back");
  auto const memory_after = memory_kib(keeper, "RssAnon");
  fmt::print("after {} clients: {} descriptors, {} KiB of its own ({} before), {} KiB at most\n",
             of_storm(100, 1000), descriptors_of(keeper), memory_after, memory_before,
             memory_kib(keeper, "VmHWM"));

  EXPECT_EQ(place.keeper_pid(), keeper);
  EXPECT_EQ(status_of(*link, "numbers").pid, numbers);
  EXPECT_EQ(status_of(*link, "numbers").run, 1U);
  EXPECT_EQ(status_of(*link, "tree").pid, tree);
  EXPECT_EQ(lines_of(place.workspace() + "/runs").size(), 1U);
  std::string wrong;
  EXPECT_GT(numbered_through(whole_log(*link, "numbers"), wrong), 0U) << wrong;
  // A write that was never finished is never seen.
  for (auto const& each : std::filesystem::directory_iterator(place.workspace()))
    EXPECT_EQ(each.path().filename().string().find("half"), std::string::npos) << each.path();
  place.stop();
  EXPECT_TRUE(place.alive().empty());
}

}  // namespace
}  // namespace ostler::test

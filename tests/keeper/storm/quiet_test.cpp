// What nobody sees: orphans that end are buried at once, and a keeper with nothing to do does nothing.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <sstream>

#include "system/process.hpp"
#include "tests/keeper/storm/storm.hpp"

namespace ostler::test {
namespace {

TEST(orphans, that_end_are_buried_at_once) {
  held place;
  place.service("orphans", {"orphans", std::to_string(of_storm(1000, 10'000)), "print", "done\\n", "wait"});
  place.spec.services.front().ready.output = "done";
  place.spec.services.front().ready.limit = 10min;
  place.start();
  auto const keeper = static_cast<pid_t>(place.keeper_pid());
  auto const link = place.client();
  link->fact("process.spawned", "orphans");
  std::map<std::pair<pid_t, std::uint64_t>, std::chrono::steady_clock::time_point> seen;
  std::chrono::steady_clock::duration oldest{};
  auto const look = [&] {
    std::size_t now = 0;
    auto const moment = std::chrono::steady_clock::now();
    for (auto const pid : system::children_of(keeper)) {
      auto const stat = system::stat_of(pid);
      if (!stat || stat->state != 'Z') continue;
      ++now;
      auto const first = seen.try_emplace({pid, stat->start_ticks}, moment).first->second;
      oldest = std::max(oldest, moment - first);
    }
    return now;
  };
  bool ready = false;
  while (!ready) {
    look();
    link->pump(std::chrono::milliseconds(5));
    for (auto const& each : link->events()) ready = ready || each.fact == "service.ready";
    ASSERT_FALSE(link->over());
  }
  wait_for([&] { return look() == 0; }, "the last one to be buried");
  auto const age = std::chrono::duration_cast<milliseconds>(oldest);
  fmt::print("the oldest of the dead waited {} ms\n", age.count());
  EXPECT_LT(age, 1s);
  EXPECT_EQ(status_of(*link, "orphans").run, 1U);
  place.stop();
}

// The calls that it made while it was looked at; what it was in when that began is none.
std::vector<std::string> calls_during(std::int64_t keeper, int seconds) {
  auto const run = run_program({"/usr/bin/timeout", std::to_string(seconds), "/usr/bin/strace", "-qqq", "-o",
                                "/dev/stdout", "-p", std::to_string(keeper)});
  EXPECT_EQ(run.code, 124) << run.err;
  std::vector<std::string> out;
  std::istringstream text(run.out);
  for (std::string line; std::getline(text, line);)
    if (!line.starts_with("epoll_wait(") || line.find(" = ") != std::string::npos) out.push_back(line);
  return out;
}

TEST(a_keeper, with_nothing_to_do_does_nothing) {
  if (run_program({"/usr/bin/env", "strace", "-o", "/dev/null", "/bin/true"}).code != 0)
    GTEST_SKIP() << "no strace that may trace here";
  held place;
  place.service("web", {"print", "hello\\n", "wait"});
  place.start();
  wait_for(
      [&] { return content_of(place.directory() + "/ledger").find("service.running") != std::string::npos; },
      "its service");
  auto const keeper = place.keeper_pid();
  std::vector<std::string> calls{"none yet"};
  // What it tidies up after a start comes within seconds.
  for (int tries = 0; tries < 4 && !calls.empty(); ++tries) calls = calls_during(keeper, 2);
  EXPECT_THAT(calls, testing::IsEmpty());
  EXPECT_THAT(calls_during(keeper, of_storm(3, 60)), testing::IsEmpty());
  fmt::print("{} KiB of its own while idle\n", memory_kib(keeper, "RssAnon"));
  place.stop();
}

}  // namespace
}  // namespace ostler::test

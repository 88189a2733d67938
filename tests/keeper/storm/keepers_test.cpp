// Keepers that are killed one after the other under load: nothing that is held notices.
#include <algorithm>
#include <array>
#include <csignal>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <thread>

#include "tests/keeper/storm/storm.hpp"

namespace ostler::test {
namespace {

void set_up(held& place) {
  place.spec.log_cap_bytes = 256LL * 1024 * 1024;
  place.service("numbers", {"alone", "numbers", "file", "numbers.runs", "steady", "5000"});
  auto& crash = place.service("crash", {"alone", "crash", "file", "crash.runs", "exit", "7"});
  crash.restart = {
      .on = wire::restart_on::always, .max = 1'000'000, .first = milliseconds(1), .cap = milliseconds(5)};
  auto& task = place.service("task", {"alone", "task", "file", "task.runs", "exit", "0"});
  task.kind = wire::service_kind_told::task;
  place.service("tree", {"alone", "tree", "file", "tree.runs", "child", "child", "orphan", "wait"});
  auto& tcp = place.service("tcp", {"alone", "tcp", "file", "tcp.runs", "listen", "wait"});
  tcp.port.kind = wire::port_kind::automatic;
  tcp.ready.tcp = true;
  tcp.ready.every = milliseconds(20);
  tcp.ready.every_ready = milliseconds(20);
}

constexpr std::array<char const*, 3> steady{"numbers", "tree", "tcp"};

void expect_ends_were_told_rightly(std::vector<wire::keeper_event> const& story) {
  std::map<std::string, std::set<std::uint64_t>> spawned;
  std::map<std::string, std::set<std::uint64_t>> ended;
  std::size_t unknown = 0;
  for (auto const& each : story) {
    if (each.fact == "process.spawned")
      EXPECT_TRUE(spawned[each.service].insert(each.run).second) << each.service << each.run;
    if (each.fact != "process.exited") continue;
    EXPECT_TRUE(ended[each.service].insert(each.run).second) << each.service << each.run;
    if (each.exit->how == wire::ended::unknown) {
      ++unknown;
      continue;
    }
    EXPECT_EQ(each.exit->how, wire::ended::code)
        << each.service << " run " << each.run << " " << each.exit->value;
    EXPECT_EQ(each.exit->value, each.service == "crash" ? 7 : 0) << each.service;
  }
  for (auto const* name : steady) {
    EXPECT_EQ(spawned[name].size(), 1U) << name;
    EXPECT_TRUE(ended[name].empty()) << name;
  }
  EXPECT_EQ(spawned["task"].size(), 1U);
  fmt::print("{} ends of the one that crashes were told, {} of them unknown\n", ended["crash"].size(),
             unknown);
}

void expect_runs_were_written_down(held& place, std::vector<wire::keeper_event> const& story) {
  std::size_t intended = 0;
  std::multiset<std::string> spawned;
  for (auto const& each : story) {
    if (each.service != "crash") continue;
    if (each.fact == "process.intended") ++intended;
    if (each.fact == "process.spawned") spawned.insert(std::to_string(each.pid));
  }
  auto const lines = lines_of(place.workspace() + "/crash.runs");
  std::size_t unseen = 0;
  for (auto const& each : lines) {
    auto const found = spawned.find(each);
    if (found == spawned.end())
      ++unseen;
    else
      spawned.erase(found);
  }
  // What ended while nobody was there to write its start down was at least intended.
  EXPECT_LE(lines.size(), intended);
  EXPECT_LE(unseen, static_cast<std::size_t>(of_storm(20, 200)));
  fmt::print("{} runs, {} intended, {} of them not seen to start\n", lines.size(), intended, unseen);
}

TEST(keepers, that_are_killed_one_after_the_other_lose_nothing_and_start_nothing_twice) {
  held place;
  set_up(place);
  place.start();
  std::map<std::string, std::int64_t> pids;
  std::uint64_t seq = 0;
  {
    auto const link = place.client();
    link->fact("service.ready", "tcp");
    for (auto const* name : steady) pids[name] = status_of(*link, name).pid;
    seq = link->ask<wire::keeper_status>("status").seq;
  }
  weather moments;
  std::vector<milliseconds> adoptions;
  for (int round = 0; round < of_storm(20, 200); ++round) {
    moments.wait_with(place.keeper_pid(), std::chrono::milliseconds(80));
    place.kill_keeper();
    for (auto const& [name, pid] : pids) EXPECT_TRUE(lives(pid)) << name;
    auto const began = std::chrono::steady_clock::now();
    place.start_again();
    auto const link = place.client(seq);
    seq = link->fact("keeper.adopted").seq;
    auto const services = link->ask<wire::keeper_status>("status").services;
    adoptions.push_back(std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began));
    for (auto const& each : services) {
      if (!pids.contains(each.name)) continue;
      EXPECT_EQ(each.pid, pids[each.name]) << each.name;
      EXPECT_EQ(each.run, 1U) << each.name;
      EXPECT_EQ(each.state, "running") << each.name << " " << each.message;
    }
  }
  std::ranges::sort(adoptions);
  fmt::print("adopted after {} ms in the middle, {} ms at most\n", adoptions[adoptions.size() / 2].count(),
             adoptions.back().count());
  EXPECT_LT(adoptions.back(), 20s);

  for (auto const* name : {"numbers", "crash", "task", "tree", "tcp"})
    EXPECT_FALSE(was_ever_twice(place, name)) << name;
  for (auto const* name : steady)
    EXPECT_EQ(lines_of(fmt::format("{}/{}.runs", place.workspace(), name)).size(), 1U) << name;
  EXPECT_EQ(lines_of(place.workspace() + "/task.runs").size(), 1U);
  auto const link = place.client();
  link->ask("service.stop", wire::services_named{{"crash", "numbers"}});
  wait_for(
      [&] {
        return status_of(*link, "crash").state == "stopped" && status_of(*link, "numbers").state == "stopped";
      },
      "a stop");
  std::string wrong;
  EXPECT_GT(numbered_through(whole_log(*link, "numbers"), wrong), 0U) << wrong;
  auto story = whole_story(place);
  // Its end by our stop is another matter.
  std::erase_if(story, [](auto const& each) { return each.exit && each.exit->asked; });
  expect_ends_were_told_rightly(story);
  expect_runs_were_written_down(place, story);
  place.stop();
  EXPECT_TRUE(place.alive().empty());
}

TEST(keepers, of_which_many_are_started_at_once_are_one) {
  for (int round = 0; round < of_storm(20, 100); ++round) {
    held place;
    place.service("web", {"alone", "web", "file", "runs", "wait"});
    place.write_spec();
    std::vector<program_run> said(3);
    std::vector<std::jthread> starters;
    for (auto& each : said)
      starters.emplace_back(
          [&each, &place] { each = run_program({keeper_program(), "run", "--dir", place.directory()}); });
    starters.clear();
    auto const good = std::ranges::count_if(said, [](auto const& each) { return each.code == 0; });
    EXPECT_EQ(good, 1);
    for (auto const& each : said)
      if (each.code != 0) EXPECT_NE(each.err.find("held by"), std::string::npos) << each.err;
    auto const link = place.client();
    link->fact("service.running", "web");
    wait_for([&] { return !lines_of(place.workspace() + "/runs").empty(); }, "its run");
    EXPECT_EQ(lines_of(place.workspace() + "/runs").size(), 1U);
    EXPECT_FALSE(was_ever_twice(place, "web"));
    place.stop();
  }
}

}  // namespace
}  // namespace ostler::test

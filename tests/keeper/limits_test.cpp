// Limits of everything that a keeper holds, together: for services and commands, for those that a former
// keeper has started, and otherwise while they run.
#include <algorithm>
#include <gtest/gtest.h>

#include "system/cgroups.hpp"
#include "tests/keeper/held.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::test {
namespace {

wire::service_status when_running(link_client& link, std::string const& name) {
  wait_for([&] { return status_of(link, name).state == "running"; }, name + " to run");
  return status_of(link, name);
}

// What the cgroup that holds all runs of the process's keeper allows, by the file of its controller; empty
// when it is in none.
std::string limit_above(std::int64_t pid, std::string const& controller, std::string const& file) {
  for (auto const& name : {controller, std::string()}) {
    auto const hierarchy = system::find_hierarchy(name);
    if (!hierarchy) continue;
    for (auto const& one : system::cgroups_of(static_cast<pid_t>(pid)).value()) {
      bool const is_it =
          name.empty() ? one.unified : std::ranges::find(one.controllers, name) != one.controllers.end();
      auto const ours = one.path.find("/ostler-");
      if (!is_it || ours == std::string::npos) continue;
      auto const end = one.path.rfind('/');
      auto const there = system::cgroup_directory::open(
          hierarchy->directory_of(one.path.substr(0, std::max(end, ours))).value_or("none"));
      if (there && there->has(file)) return there->read(file).value();
    }
  }
  return {};
}

std::string pids_above(std::int64_t pid) { return limit_above(pid, "pids", "pids.max"); }

bool all_hold(link_client& link) {
  auto const limits = link.ask<wire::keeper_status>("status").limits;
  return !limits.empty() && std::ranges::all_of(limits, &wire::ability::full);
}

#define OSTLER_SKIP_UNLESS_HELD(link) \
  if (!all_hold(link)) GTEST_SKIP() << "no cgroups may be limited here"

TEST(the_limits_of_the_whole, hold_two_services_of_which_each_alone_is_within) {
  held place;
  place.spec.limits.memory_bytes = 160LL << 20;
  for (auto const* name : {"web", "db"}) {
    auto& service = place.service(name, {"take", "100", "print", "taken\n", "wait"});
    service.ready.output = "taken";
    service.restart.on = wire::restart_on::never;
  }
  place.spec.services[1].autostart = false;
  place.start();
  auto const link = place.client();
  OSTLER_SKIP_UNLESS_HELD(*link);
  EXPECT_TRUE(link->fact("limits.set").message.starts_with("memory: 160 MiB, by cgroup"));
  link->fact("service.ready", "web");
  EXPECT_TRUE(status_of(*link, "web").limits.empty()) << "it has no limit of its own";
  link->ask("service.start", wire::services_named{.services = {"db"}, .grace = {}});
  auto const end = link->fact("process.exited");
  ASSERT_TRUE(end.exit);
  EXPECT_TRUE(end.exit->oom);
  EXPECT_FALSE(end.exit->asked);
  EXPECT_EQ(end.exit->value, SIGKILL);
  // It may be either; the other one goes on.
  auto const other = end.service == "web" ? "db" : "web";
  link->ask("service.stop", wire::services_named{.services = {end.service}, .grace = {}});
  EXPECT_TRUE(when_running(*link, other).last_exit == std::nullopt);
  // Alone it has room enough, and its next end is no want of memory.
  link->ask("service.stop", wire::services_named{.services = {other}, .grace = {}});
  EXPECT_FALSE(link->fact("process.exited", other).exit->oom);
  link->ask("service.start", wire::services_named{.services = {end.service}, .grace = {}});
  link->fact("service.ready", end.service);
  link->ask("service.stop", wire::services_named{.services = {end.service}, .grace = {}});
  EXPECT_FALSE(link->fact("process.exited", end.service).exit->oom);
  place.stop();
}

TEST(the_limits_of_the_whole, hold_for_commands_and_for_what_a_former_keeper_has_started) {
  for (auto const* containment : {"", "scan"}) {
    held place(containment);
    place.spec.limits = {.memory_bytes = 1LL << 30, .pids = 777};
    place.service("web", {"wait"});
    place.start();
    std::int64_t web = 0;
    {
      auto const link = place.client();
      OSTLER_SKIP_UNLESS_HELD(*link);
      web = when_running(*link, "web").pid;
      EXPECT_EQ(pids_above(web), "777\n");
    }
    place.kill_keeper();
    place.start_again();
    auto const link = place.client();
    EXPECT_TRUE(all_hold(*link));
    EXPECT_EQ(pids_above(web), "777\n");
    auto const command =
        link->ask<wire::exec_started>("exec.start", wire::exec_start{.command = {"/bin/cat"}, .in = 3});
    EXPECT_EQ(pids_above(command.pid), "777\n");
    // The next generation is told otherwise.
    place.kill_keeper();
    place.spec.generation = 2;
    place.spec.limits = {.pids = 555};
    place.start();
    auto const later = place.client();
    EXPECT_TRUE(all_hold(*later));
    EXPECT_EQ(status_of(*later, "web").pid, web);
    EXPECT_EQ(pids_above(web), "555\n");
    place.stop();
  }
}

TEST(the_limits_of_the_whole, are_changed_while_all_goes_on) {
  held place;
  place.service("web", {"wait"});
  place.start();
  auto const link = place.client();
  auto const web = when_running(*link, "web").pid;
  EXPECT_TRUE(link->ask<wire::keeper_status>("status").limits.empty());
  wire::services_wanted wanted{.services = place.spec.services, .limits = wire::limits_spec{.pids = 333}};
  link->ask("services.apply", wanted);
  OSTLER_SKIP_UNLESS_HELD(*link);
  EXPECT_EQ(link->fact("limits.set").message.substr(0, 23), "pids: 333 processes, by");
  EXPECT_EQ(pids_above(web), "333\n");
  // Nothing said of them leaves them.
  link->ask("services.apply", wire::services_wanted{place.spec.services});
  EXPECT_TRUE(all_hold(*link));
  wanted.limits = wire::limits_spec{};
  link->ask("services.apply", wanted);
  EXPECT_EQ(link->fact("limits.set").message, "no limits");
  EXPECT_EQ(pids_above(web), "max\n");
  EXPECT_EQ(status_of(*link, "web").pid, web);
  wanted.limits = wire::limits_spec{.pids = -1};
  EXPECT_EQ(link->refused("services.apply", wanted).code, error_code::value_out_of_range);
  place.stop();
}

TEST(the_limits_of_the_whole, give_each_process_its_open_files_unless_the_service_says_otherwise) {
  held place;
  place.spec.limits.open_files = 123;
  for (auto const* name : {"web", "db"}) place.service(name, {"wait"});
  place.spec.services[1].limits.open_files = 45;
  place.start();
  auto const link = place.client();
  auto const open_files = [](std::int64_t pid) {
    auto const all = run_program({"/bin/grep", "open files", "/proc/" + std::to_string(pid) + "/limits"}).out;
    return all.contains(" 123 ") ? 123 : all.contains(" 45 ") ? 45 : 0;
  };
  EXPECT_EQ(open_files(when_running(*link, "web").pid), 123);
  EXPECT_EQ(open_files(when_running(*link, "db").pid), 45);
  auto const command =
      link->ask<wire::exec_started>("exec.start", wire::exec_start{.command = {"/bin/cat"}, .in = 3});
  EXPECT_EQ(open_files(command.pid), 123);
  place.stop();
}

}  // namespace
}  // namespace ostler::test

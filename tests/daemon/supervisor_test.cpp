// The supervisor over real keepers in real places: what is asked for comes to be, and goes without a rest.
#include <algorithm>
#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/process.hpp"
#include "tests/daemon/middle.hpp"

namespace ostler::test {
namespace {

using lifecycle::delete_asked;
using lifecycle::for_instance;
using lifecycle::instance_state;
using lifecycle::stop_asked;
using testing::IsEmpty;

std::vector<std::string> types_of(std::vector<lifecycle::fleet_event> const& told, std::string_view begins) {
  std::vector<std::string> types;
  for (auto const& one : told)
    if (one.type.starts_with(begins)) types.push_back(one.type);
  return types;
}

TEST(an_instance, comes_up_goes_down_comes_up_again_and_is_gone) {
  middle daemon;
  daemon.begin();
  auto const web = daemon.create("web", {middle::service("web", {"file", "runs", "wait"})});
  ASSERT_TRUE(daemon.start(web));
  daemon.reaches(web, instance_state::running);
  EXPECT_EQ(types_of(daemon.told(), "service."),
            (std::vector<std::string>{"service.starting", "service.running", "service.ready"}));
  ASSERT_TRUE(daemon.ask(for_instance{web, stop_asked{"user"}}));
  daemon.reaches(web, instance_state::stopped);
  EXPECT_THAT(daemon.processes(), IsEmpty());
  ASSERT_TRUE(daemon.start(web));
  daemon.reaches(web, instance_state::running);
  ASSERT_TRUE(daemon.ask(for_instance{web, delete_asked{"user"}}));
  daemon.reaches(web, instance_state::deleted);
  EXPECT_THAT(daemon.left(), IsEmpty());
}

TEST(a_daemon_that_comes_back, finds_what_runs_and_touches_nothing) {
  middle daemon;
  daemon.begin();
  auto const web = daemon.create("web", {middle::service("web", {"wait"}), middle::service("db", {"wait"})});
  ASSERT_TRUE(daemon.start(web));
  daemon.reaches(web, instance_state::running);
  auto processes = daemon.processes();
  std::ranges::sort(processes);
  for (int round = 0; round < 3; ++round) {
    daemon.let_go();
    daemon.begin();
    daemon.until([&] { return daemon.whole().keeper_of(web) != nullptr; }, "its keeper is found again");
    auto now = daemon.processes();
    std::ranges::sort(now);
    EXPECT_EQ(now, processes);
    EXPECT_EQ(lifecycle::state_of(daemon.whole().find(web)->now), instance_state::running);
  }
  ASSERT_TRUE(daemon.ask(for_instance{web, delete_asked{"user"}}));
  daemon.reaches(web, instance_state::deleted);
  EXPECT_THAT(daemon.left(), IsEmpty());
}

TEST(a_killed_keeper, is_followed_by_another_and_no_service_notices) {
  middle daemon;
  daemon.begin();
  auto service = middle::service("web", {"listen", "wait"});
  service.port.kind = wire::port_kind::automatic;
  service.ready.tcp = true;
  service.ready.every_ready = 20ms;
  auto const web = daemon.create("web", {service});
  ASSERT_TRUE(daemon.start(web));
  daemon.reaches(web, instance_state::running);
  auto const keeper = daemon.whole().keeper_of(web);
  auto const before = daemon.processes();
  daemon.kill_keeper(web);
  daemon.until(
      [&] { return daemon.whole().keeper_of(web) != nullptr && daemon.whole().keeper_of(web) != keeper; },
      "another keeper");
  daemon.until([&] { return daemon.whole().find(web)->services.front().ready; },
               "its service is ready again");
  auto const now = daemon.processes();
  EXPECT_EQ(now.size(), before.size());
  // All but the keeper.
  EXPECT_EQ(
      std::ranges::count_if(now, [&](pid_t pid) { return std::ranges::find(before, pid) != before.end(); }),
      1);
  ASSERT_TRUE(daemon.ask(for_instance{web, delete_asked{"user"}}));
  daemon.reaches(web, instance_state::deleted);
  EXPECT_THAT(daemon.left(), IsEmpty());
}

TEST(a_service_that_ends_while_the_daemon_is_away, is_told_with_its_code) {
  middle daemon;
  daemon.begin();
  auto web = middle::service("web", {"on", std::to_string(SIGUSR1), "7", "print", "up", "wait"});
  web.ready.output = "up";
  web.restart.on = wire::restart_on::never;
  auto const id = daemon.create("web", {web});
  ASSERT_TRUE(daemon.start(id));
  daemon.reaches(id, instance_state::running);
  auto const processes = daemon.processes();
  daemon.let_go();
  // The keeper takes no such signal.
  for (auto const pid : processes)
    if (system::environment_of(pid, "OSTLER_SERVICE")) ::kill(pid, SIGUSR1);
  daemon.begin();
  daemon.until(
      [&] {
        return std::ranges::any_of(daemon.told(),
                                   [](auto const& one) { return one.type == "service.exited"; });
      },
      "its end is told");
  auto const exited = std::ranges::find(daemon.told(), "service.exited", &lifecycle::fleet_event::type);
  EXPECT_EQ(exited->message, "exited (7)");
  ASSERT_TRUE(daemon.ask(for_instance{id, delete_asked{"user"}}));
  daemon.reaches(id, instance_state::deleted);
  EXPECT_THAT(daemon.left(), IsEmpty());
}

TEST(a_hook, runs_before_the_services_and_its_failure_is_that_of_the_start) {
  middle daemon;
  daemon.begin();
  auto const id = instance_id::make(wall_time(1ms), 1, 1);
  supervisor::instance_wish wish{.name = "web", .provider = "local", .project = daemon.workspace()};
  wish.plan.services = {middle::service("web", {"wait"})};
  wish.plan.after_connected = {"echo made > made", "echo no such tool; exit 3"};
  ASSERT_TRUE(daemon.ask(lifecycle::create_asked{id, supervisor::spec_of(wish), {}, "user"}));
  ASSERT_TRUE(daemon.start(id));
  daemon.until([&] { return lifecycle::state_of(daemon.whole().find(id)->now) == instance_state::failed; },
               "it fails");
  auto const& why = daemon.whole().find(id)->failed->why;
  EXPECT_EQ(why.message, "'echo no such tool; exit 3' exited (3) before the start");
  EXPECT_EQ(why.detail, "no such tool\n");
  EXPECT_TRUE(std::filesystem::exists(daemon.workspace() + "/made"));
  ASSERT_TRUE(daemon.ask(for_instance{id, delete_asked{"user"}}));
  daemon.reaches(id, instance_state::deleted);
  EXPECT_THAT(daemon.left(), IsEmpty());
}

}  // namespace
}  // namespace ostler::test

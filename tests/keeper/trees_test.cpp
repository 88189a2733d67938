// Stopped means that nothing is left, however the processes try to get away.
#include <csignal>
#include <gtest/gtest.h>

#include "tests/keeper/held.hpp"

namespace ostler::test {
namespace {

class trees : public testing::TestWithParam<char const*> {
 protected:
  // Starts the service, waits until it has made `processes`, stops it, and looks.
  void stops_whole(std::vector<std::string> words, std::size_t processes, milliseconds grace) {
    held place(GetParam());
    auto& spec = place.service("web", std::move(words));
    spec.stop.grace = grace;
    std::string refusal;
    if (auto const run = place.try_start(); run.code != 0) GTEST_SKIP() << GetParam() << ": " << run.err;
    auto const link = place.client();
    link->fact("service.running", "web");
    wait_for([&] { return place.alive().size() >= processes; }, "all of its processes");
    link->ask("service.stop", wire::services_named{{"web"}});
    link->fact("service.stopped", "web");
    EXPECT_TRUE(place.alive().empty());
    place.stop();
  }
};

TEST_P(trees, end_with_a_child_that_ignores_the_signal) { stops_whole({"ignore", "15", "wait"}, 1, 50ms); }

TEST_P(trees, end_with_wrappers_around_wrappers) {
  stops_whole({"child", "child", "child", "child", "wait"}, 5, 10s);
}

TEST_P(trees, end_with_grandchildren_in_sessions_of_their_own) {
  stops_whole({"orphan", "orphan", "orphan", "wait"}, 4, 10s);
}

TEST_P(trees, end_with_a_bomb_of_sessions) { stops_whole({"bomb", "64"}, 129, 10s); }

TEST_P(trees, end_with_children_that_ignore_everything) {
  stops_whole({"ignore", "15", "ignore", "1", "ignore", "2", "bomb", "10"}, 21, 50ms);
}

INSTANTIATE_TEST_SUITE_P(of_each_kind, trees, testing::Values("cgroup2", "cgroup1", "scan"),
                         [](auto const& each) { return std::string(each.param); });

TEST(a_tree, whose_main_process_died_is_cleared_before_it_is_started_again) {
  held place;
  auto& spec = place.service("web", {"orphan", "wait"});
  spec.restart.first = milliseconds(1);
  place.start();
  auto const link = place.client();
  auto const first = link->fact("process.spawned", "web").pid;
  wait_for([&] { return place.alive().size() == 2; }, "its grandchild");
  auto const before = place.alive();
  ::kill(static_cast<pid_t>(first), SIGKILL);
  auto const again = link->fact("process.spawned", "web");
  EXPECT_EQ(again.run, 2U);
  for (auto const pid : before) EXPECT_FALSE(lives(pid));
  place.stop();
}

}  // namespace
}  // namespace ostler::test

// Trees of real processes that try to get away, in every kind of containment that this machine can do.
#include "keeper/hold/containment.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper/hold/group_kinds.hpp"
#include "keeper/hold/test/fixture.hpp"
#include "system/clock.hpp"
#include "system/process.hpp"

namespace ostler::keeper {
namespace {

using test::becomes_true;
using test::line_of;
using test::pipe_ends;
using test::read_all;
using test::read_until;
using test::reap_all;
using test::wait_for_end;

std::string instance_name() { return "test-" + std::to_string(::getpid()); }

class contained : public test::with_processes, public testing::WithParamInterface<containment_kind> {
 protected:
  void SetUp() override {
    auto opened = containment::open({.instance = instance_name(), .forced = GetParam(), .directory = {}});
    if (!opened) GTEST_SKIP() << opened.error().message;
    holder = std::move(*opened);
    auto prepared = holder->prepare("1", token);
    ASSERT_TRUE(prepared) << prepared.error().message;
    group = std::move(*prepared);
  }
  void TearDown() override {
    if (!group) return;
    EXPECT_TRUE(ended());
    auto const removed = becomes_true([&] { return group->remove().has_value(); });
    EXPECT_TRUE(removed);
    auto const cleared = holder->remove();
    EXPECT_TRUE(cleared) << cleared.error().message;
  }

  // Our helper in the group, after it has said `word`.
  pid_t start(std::vector<std::string> words, std::string_view word = "ready") {
    auto wanted = request(std::move(words));
    wanted.place = group->place();
    wanted.limits = group->process_limits();
    auto const made = spawn(wanted);
    if (!made) {
      ADD_FAILURE() << made.error().message;
      return -1;
    }
    read_until(output.out.get(), word);
    return made->pid;
  }
  // As a keeper does it: again, until nothing is left; the dead that come to us are reaped.
  bool ended(reach how = reach::thorough) {
    return becomes_true([&] {
      auto const outcome = group->kill(how);
      EXPECT_TRUE(outcome) << outcome.error().message;
      reap_all();
      return outcome && *outcome == kill_outcome::emptied;
    });
  }
  std::size_t count() { return group->members().value().size(); }

  std::optional<containment> holder;
  std::unique_ptr<run_group> group;
};

INSTANTIATE_TEST_SUITE_P(in_each_kind, contained,
                         testing::Values(containment_kind::cgroup2, containment_kind::cgroup1,
                                         containment_kind::scan),
                         [](auto const& chosen) { return std::string(text(chosen.param)); });

TEST_P(contained, a_program_is_a_member_from_its_first_instruction) {
  auto const pid = start({"wait"});
  EXPECT_EQ(group->members().value(), std::vector<pid_t>{pid});
  EXPECT_TRUE(group->contains(pid));
  EXPECT_FALSE(group->contains(::getpid()));
  EXPECT_FALSE(group->contains(1));
}

TEST_P(contained, a_process_of_two_forks_and_a_session_of_its_own_is_killed_too) {
  start({"double_fork"});
  // The one between has said its word, and is about to go.
  EXPECT_TRUE(becomes_true([&] { return count() == 2U; }));
  EXPECT_TRUE(ended(reach::group));
  EXPECT_EQ(count(), 0U);
}

TEST_P(contained, a_bomb_of_forks_is_killed) {
  start({"bomb", "64"});
  EXPECT_TRUE(ended(reach::group));
  EXPECT_EQ(count(), 0U);
}

TEST_P(contained, a_child_that_ignores_the_stop_signal_is_killed) {
  auto const pid = start({"stubborn"});
  ASSERT_TRUE(group->signal(SIGTERM));
  EXPECT_EQ(group->members().value(), std::vector<pid_t>{pid});
  EXPECT_TRUE(ended(reach::group));
}

TEST_P(contained, a_signal_reaches_all) {
  start({"double_fork"});
  ASSERT_TRUE(group->signal(SIGTERM));
  EXPECT_TRUE(becomes_true([&] { return count() == 0; }));
}

TEST_P(contained, a_grandchild_that_forgot_its_environment_is_killed_when_it_was_seen) {
  auto const main = start({"scrubbed"});
  auto const members = group->members().value();
  ASSERT_EQ(members.size(), 3U);
  auto const other = *std::ranges::find_if(
      members, [](pid_t pid) { return !system::environment_of(pid, "OSTLER_RUN").has_value(); });
  EXPECT_TRUE(group->contains(other));
  for (auto const pid : members)
    if (pid != other) ::kill(pid, SIGKILL);
  wait_for_end(main);
  // Nothing leads to it any more but that it was seen.
  EXPECT_TRUE(becomes_true([&] { return group->members().value() == std::vector<pid_t>{other}; }));
  EXPECT_TRUE(ended(reach::group));
  EXPECT_FALSE(system::stat_of(other));
}

TEST_P(contained, the_dead_are_not_counted) {
  auto const pid = start({"zombie"}, "zombie");
  EXPECT_EQ(group->members().value(), std::vector<pid_t>{pid});
  ::kill(pid, SIGKILL);
  siginfo_t seen{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &seen, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(count(), 0U);
  reap_all();
}

TEST_P(contained, a_later_keeper_finds_the_run) {
  auto const pid = start({"double_fork"});
  // By the directory, although it might be elsewhere itself.
  auto later =
      containment::open({.instance = instance_name(), .forced = GetParam(), .directory = holder->where()});
  ASSERT_TRUE(later) << later.error().message;
  EXPECT_EQ(later->where(), holder->where());
  auto const found = later->find("1", token);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_TRUE(becomes_true([&] { return (*found)->members().value().size() == 2U; }));
  EXPECT_TRUE((*found)->contains(pid));
  EXPECT_TRUE(becomes_true([&] { return (*found)->kill(reach::thorough).value() == kill_outcome::emptied; }));
}

TEST_P(contained, a_run_is_not_started_among_strangers) {
  auto const pid = start({"wait"});
  // However long ago they were started.
  auto const ticks = static_cast<std::int64_t>(system::stat_of(pid)->start_ticks);
  auto const begun = milliseconds(ticks * 1000 / ::sysconf(_SC_CLK_TCK));
  ASSERT_TRUE(becomes_true([&] { return system::now().time_since_epoch() > begun + 100ms; }));
  auto const again = holder->prepare("1", token);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, error_code::foreign_resource);
  EXPECT_FALSE(group->remove()) << "it was removed with a process in it";
}

TEST_P(contained, two_runs_do_not_see_each_other) {
  auto const other = holder->prepare("2", token + "-other").value();
  auto const pid = start({"wait"});
  EXPECT_TRUE(other->members().value().empty());
  EXPECT_FALSE(other->contains(pid));
  EXPECT_EQ(other->kill(reach::thorough).value(), kill_outcome::emptied);
  EXPECT_EQ(count(), 1U);
  EXPECT_TRUE(other->remove());
}

TEST_P(contained, no_name_leads_elsewhere) {
  for (auto const* name : {"", "../x", "a/b", "a b"}) EXPECT_FALSE(holder->prepare(name, token)) << name;
  EXPECT_FALSE(holder->prepare("x", ""));
  EXPECT_FALSE(containment::open({.instance = "../x", .forced = {}, .directory = {}}));
}

// Where there is a cgroup to leave.
using contained_in_a_cgroup = contained;
INSTANTIATE_TEST_SUITE_P(of_each_kind, contained_in_a_cgroup,
                         testing::Values(containment_kind::cgroup2, containment_kind::cgroup1),
                         [](auto const& chosen) { return std::string(text(chosen.param)); });

TEST_P(contained_in_a_cgroup, who_moved_away_is_found_by_a_thorough_look) {
  auto const hierarchy =
      system::find_hierarchy(GetParam() == containment_kind::cgroup1 ? "freezer" : "").value();
  auto const procs = *hierarchy.directory_of(hierarchy.own_path) + "/cgroup.procs";
  if (::access(procs.c_str(), W_OK) != 0) GTEST_SKIP() << "nobody may leave for " << procs;
  auto const pid = start({"move", procs});
  EXPECT_EQ(count(), 0U);
  EXPECT_EQ(group->members(reach::thorough).value(), std::vector<pid_t>{pid});
  EXPECT_TRUE(ended(reach::thorough));
  EXPECT_TRUE(becomes_true([&] {
    reap_all();
    return !system::stat_of(pid);
  }));
}

// The others tell nothing by themselves.
using contained_by_cgroup2 = contained;
INSTANTIATE_TEST_SUITE_P(alone, contained_by_cgroup2, testing::Values(containment_kind::cgroup2),
                         [](auto const& chosen) { return std::string(text(chosen.param)); });

TEST_P(contained_by_cgroup2, the_last_death_is_an_event) {
  auto const pid = start({"wait"});
  // The first look is at what has happened already.
  pollfd waiting{.fd = group->emptiness_event(), .events = POLLPRI, .revents = 0};
  char byte = 0;
  ASSERT_EQ(::pread(waiting.fd, &byte, 1, 0), 1);
  ::kill(pid, SIGKILL);
  EXPECT_EQ(::poll(&waiting, 1, 30'000), 1);
  reap_all();
}

TEST(containment_without_a_wish, takes_what_there_is_and_says_so) {
  auto const opened = containment::open({.instance = instance_name(), .forced = {}, .directory = {}});
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_TRUE(opened->explanation().starts_with(text(opened->kind()))) << opened->explanation();
  EXPECT_EQ(opened->where().empty(), opened->kind() == containment_kind::scan);
  EXPECT_TRUE(opened->remove());
}

TEST(the_kinds_of_containment, are_named) {
  for (auto const kind : {containment_kind::cgroup2, containment_kind::cgroup1, containment_kind::scan})
    EXPECT_EQ(containment_kind_named(text(kind)), kind);
  EXPECT_EQ(containment_kind_named("magic"), std::nullopt);
}

using contained_without_kill_file = test::with_processes;

// A kernel without the file that kills a cgroup.
TEST_F(contained_without_kill_file, a_bomb_of_forks_is_killed) {
  auto const hierarchy = system::find_hierarchy("");
  if (!hierarchy) GTEST_SKIP() << hierarchy.error().message;
  auto made = system::cgroup_directory::make(*hierarchy->directory_of(hierarchy->own_path) + "/ostler-" +
                                             instance_name());
  if (!made) GTEST_SKIP() << made.error().message;
  auto const path = hierarchy->path_of(made->path());
  cgroup2_group group(token, limit_keeper({}, "none"), std::move(*made), path,
                      cgroup2_group::kill_by::signals);
  auto wanted = request({"bomb", "64"});
  wanted.place = group.place();
  ASSERT_TRUE(spawn(wanted));
  read_until(output.out.get(), "ready");
  EXPECT_TRUE(becomes_true([&] {
    auto const outcome = group.kill().value();
    reap_all();
    return outcome == kill_outcome::emptied;
  }));
  EXPECT_TRUE(becomes_true([&] { return group.remove().has_value(); }));
}

}  // namespace
}  // namespace ostler::keeper

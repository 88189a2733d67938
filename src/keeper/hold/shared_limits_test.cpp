// Several runs that only together are too much, and what is told where nothing can hold them.
#include "keeper/hold/shared_limits.hpp"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <list>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper/hold/containment.hpp"
#include "keeper/hold/test/fixture.hpp"
#include "system/files.hpp"

namespace ostler::keeper {
namespace {

using test::becomes_true;
using test::pipe_ends;
using test::read_until;
using test::reap_all;
using test::wait_for_end;

constexpr std::uint64_t mebibyte = 1UL << 20U;

bool by_cgroup(shared_limit const& one) {
  return one.by == enforcement::cgroup2 || one.by == enforcement::cgroup1;
}

class runs_together : public test::with_processes {
 protected:
  struct part {
    std::unique_ptr<run_group> group;
    pipe_ends output;
    pid_t pid = -1;
  };

  void SetUp() override { holder = open(); }
  void TearDown() override {
    for (auto& each : parts)
      EXPECT_TRUE(becomes_true([&] {
        auto const outcome = each.group->kill(reach::thorough);
        reap_all();
        return outcome && *outcome == kill_outcome::emptied;
      }));
    for (auto& each : parts) EXPECT_TRUE(becomes_true([&] { return each.group->remove().has_value(); }));
    parts.clear();
    auto const removed = holder->remove();
    EXPECT_TRUE(removed) << removed.error().message;
    for (auto const controller : limit_controllers) {
      auto const hierarchy = system::find_hierarchy(controller);
      if (!hierarchy) continue;
      auto const own = hierarchy->directory_of(hierarchy->own_path).value_or("");
      EXPECT_FALSE(std::filesystem::exists(own + "/ostler-" + name)) << controller;
    }
  }

  std::optional<containment> open() const {
    auto opened = containment::open({.instance = name, .forced = {}, .directory = {}});
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
  // Whether each of them is held by a cgroup.
  bool limit(run_limits const& all) {
    holder->limit_all(all);
    return std::ranges::all_of(holder->limits_of_all(), by_cgroup);
  }
  part& prepare(run_limits const& own = {}) {
    auto& made = parts.emplace_back();
    auto const number = std::to_string(parts.size());
    auto group = holder->prepare(number, token + number, own);
    EXPECT_TRUE(group) << group.error().message;
    made.group = std::move(*group);
    return made;
  }
  part& start(std::vector<std::string> words, run_limits const& own = {}) {
    auto& made = prepare(own);
    auto wanted = request(std::move(words));
    wanted.output = made.output.in.get();
    wanted.place = made.group->place();
    wanted.limits = made.group->process_limits();
    auto const spawned = spawn(wanted);
    EXPECT_TRUE(spawned) << spawned.error().message;
    made.output.in.reset();
    made.pid = spawned ? spawned->pid : -1;
    return made;
  }

  // As of a keeper's nonce.
  std::string name = fmt::format("{:016x}", ::getpid());
  std::optional<containment> holder;
  std::list<part> parts;
};

TEST_F(runs_together, may_not_use_more_memory_than_all_of_them_have) {
  if (!limit({.memory_bytes = 64 * mebibyte})) GTEST_SKIP() << holder->limits_of_all().front().why;
  EXPECT_EQ(holder->limits_of_all().front().amount, "64 MiB");
  auto const& first = start({"keep", "40"});
  EXPECT_EQ(read_until(first.output.out.get(), "\n"), "taken\n");
  EXPECT_GT(holder->usage_of_all().memory_bytes.value_or(0), 40 * mebibyte);
  auto const& second = start({"keep", "40"});
  siginfo_t ended{};
  ASSERT_EQ(::waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(ended.si_status, SIGKILL);
  // It is known of the run that was ended, whoever's limit it was.
  auto const& whose = ended.si_pid == first.pid ? first : second;
  auto const& other = ended.si_pid == first.pid ? second : first;
  EXPECT_GE(whose.group->oom_kills(), 1U);
  EXPECT_EQ(other.group->oom_kills(), 0U);
}

TEST_F(runs_together, may_not_be_more_processes_than_all_of_them_have) {
  if (!limit({.pids = 10})) GTEST_SKIP() << holder->limits_of_all().front().why;
  read_until(start({"forks", "5"}).output.out.get(), "\n");
  read_until(start({"forks", "50"}).output.out.get(), "\n");
  EXPECT_EQ(holder->usage_of_all().pids, 10U);
}

TEST_F(runs_together, are_held_also_when_the_limit_comes_later_and_free_when_it_goes) {
  auto const& first = start({"wait"});
  auto const& second = start({"double_fork"});
  read_until(first.output.out.get(), "ready");
  EXPECT_TRUE(becomes_true([&] { return second.group->members().value().size() == 2U; }));
  EXPECT_TRUE(holder->limits_of_all().empty());
  if (!limit({.cpu_cores = 1.5, .pids = 20})) GTEST_SKIP() << holder->limits_of_all().front().why;
  EXPECT_EQ(holder->usage_of_all().pids, 3U);
  read_until(start({"forks", "50"}).output.out.get(), "\n");
  EXPECT_EQ(holder->usage_of_all().pids, 20U);
  holder->limit_all({});
  EXPECT_TRUE(holder->limits_of_all().empty());
  EXPECT_EQ(read_until(start({"forks", "50"}).output.out.get(), "\n"), "made 50\n");
}

TEST_F(runs_together, are_found_and_held_by_a_later_keeper) {
  auto const& first = start({"wait"});
  read_until(first.output.out.get(), "ready");
  if (!limit({.pids = 12})) GTEST_SKIP() << holder->limits_of_all().front().why;
  auto later = open();
  later->limit_all({.memory_bytes = 256 * mebibyte, .pids = 20});
  auto const found = later->find("1", token + "1").value();
  EXPECT_EQ(later->usage_of_all().pids, 1U);
  EXPECT_TRUE(std::ranges::all_of(later->limits_of_all(), by_cgroup));
  // One that is to hold less lifts what its spec does not have any more.
  auto last = open();
  last->limit_all({});
  EXPECT_EQ(read_until(start({"forks", "50"}).output.out.get(), "\n"), "made 50\n");
}

TEST_F(runs_together, are_held_where_they_are_also_by_the_keeper_of_another_generation) {
  auto const home = system::open_at(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY).value();
  holder = containment::open({.instance = name, .forced = {}, .directory = {}, .home = home.get()}).value();
  auto const& first = start({"wait"});
  read_until(first.output.out.get(), "ready");
  if (!limit({.pids = 12})) GTEST_SKIP() << holder->limits_of_all().front().why;
  auto later = containment::open({.instance = "feedfeedfeedfeed",
                                  .forced = holder->kind(),
                                  .directory = holder->where(),
                                  .home = home.get()})
                   .value();
  later.limit_all({.memory_bytes = {}, .cpu_cores = {}, .pids = 20});
  auto const found = later.find("1", token + "1").value();
  EXPECT_EQ(later.usage_of_all().pids, 1U);
  read_until(start({"forks", "50"}).output.out.get(), "\n");
  EXPECT_EQ(later.usage_of_all().pids, 20U);
}

TEST_F(runs_together, may_each_have_less_and_never_more_than_all) {
  if (!limit({.memory_bytes = 256 * mebibyte, .cpu_cores = 1, .pids = {}}))
    GTEST_SKIP() << holder->limits_of_all().front().why;
  auto const& greedy = start({"wait"}, {.memory_bytes = {}, .cpu_cores = 4, .pids = {}});
  auto const& small = start({"memory", "60"}, {.memory_bytes = 32 * mebibyte, .cpu_cores = {}, .pids = {}});
  EXPECT_TRUE(WIFSIGNALED(wait_for_end(small.pid)));
  EXPECT_GE(small.group->oom_kills(), 1U);
  for (auto const cores : {0.5, 3.0, 0.25, 8.0}) {
    EXPECT_TRUE(limit({.memory_bytes = {}, .cpu_cores = cores, .pids = {}}))
        << cores << ": " << holder->limits_of_all().front().why;
    EXPECT_NE(greedy.group->limited().cpu, enforcement::none);
  }
}

// Version 2 ends somebody instead.
TEST_F(runs_together, keep_their_limit_when_a_lower_one_is_refused_and_get_it_when_there_is_room) {
  if (!limit({.memory_bytes = 256 * mebibyte})) GTEST_SKIP() << holder->limits_of_all().front().why;
  if (holder->limits_of_all().front().by == enforcement::cgroup2) GTEST_SKIP() << "version 2 refuses nothing";
  auto const& big = start({"keep", "100"});
  read_until(big.output.out.get(), "\n");
  EXPECT_FALSE(limit({.memory_bytes = 32 * mebibyte}));
  EXPECT_NE(holder->limits_of_all().front().why, "");
  // Who comes meanwhile is below the former one.
  auto const& next = start({"memory", "200"});
  EXPECT_TRUE(WIFSIGNALED(wait_for_end(next.pid)));
  ASSERT_EQ(::kill(big.pid, SIGKILL), 0);
  wait_for_end(big.pid);
  EXPECT_TRUE(becomes_true([&] {
    holder->limit_all_again();
    return by_cgroup(holder->limits_of_all().front());
  }));
}

TEST_F(runs_together, get_their_limits_again_when_somebody_took_the_cgroups_away) {
  if (!limit({.pids = 10})) GTEST_SKIP() << holder->limits_of_all().front().why;
  ASSERT_TRUE(holder->remove());
  read_until(start({"forks", "50"}).output.out.get(), "\n");
  EXPECT_EQ(holder->usage_of_all().pids, 10U);
}

TEST(limits_of_all, that_no_cgroup_can_hold_are_called_not_enforced) {
  shared_limits all({});
  all.apply({.memory_bytes = (1UL << 30U) + 1, .cpu_cores = 0.5, .pids = {}});
  auto const told = all.told();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].by, enforcement::none);
  EXPECT_EQ(told[0].amount, "1073741825 bytes");
  EXPECT_EQ(told[0].why, "no cgroup with the controller memory can be made here");
  EXPECT_EQ(told[1].amount, "0.5 processors");
  // It will not be otherwise the next time.
  EXPECT_FALSE(all.should_be_tried_again());
}

// The files of version 2 as plain ones, because few machines that test this pass its controllers on.
class played_cgroup2 : public testing::Test {
 protected:
  static void make(std::filesystem::path const& directory, std::vector<std::string> const& files) {
    std::filesystem::create_directories(directory);
    for (auto const& file : files) std::ofstream(directory / file) << "";
  }
  static std::string text_of(std::filesystem::path const& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  ostler::test::temporary_directory place{"cgroup2"};
  std::filesystem::path top = place.text();
};

TEST_F(played_cgroup2, bears_the_limits_of_all_above_the_runs) {
  make(top, {"cgroup.subtree_control"});
  make(top / "ostler", {"cgroup.subtree_control"});
  make(top / "ostler/runs", {"cgroup.procs", "memory.max", "memory.swap.max", "cpu.max"});
  shared_limits all({});
  all.use_cgroup2(top / "ostler/runs", {top, top / "ostler"});
  all.apply({.memory_bytes = 64, .cpu_cores = 0.5, .pids = 7});
  EXPECT_EQ(text_of(top / "ostler/runs/memory.max"), "64");
  EXPECT_EQ(text_of(top / "ostler/runs/memory.swap.max"), "0");
  EXPECT_EQ(text_of(top / "ostler/runs/cpu.max"), "50000 100000");
  // What is not passed on is asked for all the way down, and told when it does not come.
  EXPECT_EQ(text_of(top / "cgroup.subtree_control"), "+pids");
  EXPECT_EQ(text_of(top / "ostler/cgroup.subtree_control"), "+pids");
  auto const told = all.told();
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(told[0].by, enforcement::cgroup2);
  EXPECT_EQ(told[2].by, enforcement::none);
}

TEST_F(played_cgroup2, is_lifted_by_a_later_keeper_that_has_no_limit) {
  make(top / "runs", {"cgroup.procs", "pids.max"});
  shared_limits before({});
  before.use_cgroup2(top / "runs", {top});
  before.apply({.memory_bytes = {}, .cpu_cores = {}, .pids = 7});
  EXPECT_EQ(text_of(top / "runs/pids.max"), "7");
  shared_limits after({});
  after.use_cgroup2(top / "runs", {top});
  after.apply({});
  EXPECT_EQ(text_of(top / "runs/pids.max"), "max");
}

}  // namespace
}  // namespace ostler::keeper

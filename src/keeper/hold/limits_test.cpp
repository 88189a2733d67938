// Limits that real processes run into, and what they are told to be enforced by.
#include "keeper/hold/limits.hpp"

#include <csignal>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper/hold/containment.hpp"
#include "keeper/hold/test/fixture.hpp"

namespace ostler::keeper {
namespace {

using test::becomes_true;
using test::read_until;
using test::reap_all;
using test::wait_for_end;

bool by_cgroup(enforcement by) { return by == enforcement::cgroup2 || by == enforcement::cgroup1; }

class limited : public test::with_processes {
 protected:
  void prepare(run_limits const& limits) {
    holder =
        containment::open({.instance = "limits-" + std::to_string(::getpid()), .forced = {}, .directory = {}})
            .value();
    auto made = holder->prepare("1", token, limits);
    ASSERT_TRUE(made) << made.error().message;
    group = std::move(*made);
  }
  void TearDown() override {
    if (!group) return;
    EXPECT_TRUE(becomes_true([&] {
      auto const outcome = group->kill(reach::thorough);
      reap_all();
      return outcome && *outcome == kill_outcome::emptied;
    }));
    EXPECT_TRUE(becomes_true([&] { return group->remove().has_value(); }));
    EXPECT_TRUE(holder->remove());
  }
  pid_t start(std::vector<std::string> words) {
    auto wanted = request(std::move(words));
    wanted.place = group->place();
    wanted.limits = group->process_limits();
    auto const made = spawn(wanted);
    EXPECT_TRUE(made) << made.error().message;
    output.in.reset();
    return made ? made->pid : -1;
  }

  std::optional<containment> holder;
  std::unique_ptr<run_group> group;
};

TEST_F(limited, more_memory_than_allowed_is_told_as_such) {
  prepare({.memory_bytes = 32UL << 20U, .cpu_cores = {}, .pids = {}});
  auto const by = group->limited().memory;
  auto const status = wait_for_end(start({"memory", "200"}));
  if (!by_cgroup(by)) {
    EXPECT_EQ(by, enforcement::rlimit);
    EXPECT_EQ(WEXITSTATUS(status), 4);
    GTEST_SKIP() << "no memory controller may be used here: the limit is by " << text(by);
  }
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  EXPECT_GE(group->oom_kills(), 1U);
  EXPECT_LE(group->usage().memory_peak_bytes.value_or(0), 33UL << 20U);
}

TEST_F(limited, a_limit_may_be_raised_and_lifted_while_it_runs) {
  prepare({.memory_bytes = 32UL << 20U, .cpu_cores = {}, .pids = {}});
  auto const raised = group->limit({.memory_bytes = 512UL << 20U, .cpu_cores = {}, .pids = {}});
  ASSERT_TRUE(raised) << raised.error().message;
  EXPECT_EQ(WEXITSTATUS(wait_for_end(start({"memory", "100"}))), 0);
  auto const lifted = group->limit({});
  ASSERT_TRUE(lifted) << lifted.error().message;
  EXPECT_EQ(*lifted, limit_report());
  EXPECT_EQ(group->oom_kills(), 0U);
}

TEST_F(limited, no_more_processes_than_allowed_are_made) {
  prepare({.memory_bytes = {}, .cpu_cores = {}, .pids = 10});
  if (!by_cgroup(group->limited().pids))
    GTEST_SKIP() << "no pids controller may be used here: the limit is by " << text(group->limited().pids);
  start({"forks", "50"});
  auto const made = read_until(output.out.get(), "\n");
  EXPECT_EQ(group->usage().pids, 10U) << made;
#if !__has_feature(thread_sanitizer)
  // That one has threads of its own, which count.
  EXPECT_EQ(made, "made 9\n");
#endif
}

TEST_F(limited, a_limit_that_comes_later_holds_for_those_who_run) {
  prepare({});
  start({"wait"});
  read_until(output.out.get(), "ready");
  auto const report = group->limit({.memory_bytes = {}, .cpu_cores = 0.5, .pids = 10});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->memory, enforcement::not_asked);
  if (!by_cgroup(report->pids) || !by_cgroup(report->cpu))
    GTEST_SKIP() << "no controllers may be used here: cpu " << text(report->cpu) << ", pids "
                 << text(report->pids);
  EXPECT_EQ(group->usage().pids, 1U);
}

TEST_F(limited, what_is_used_is_told_as_far_as_it_is_known) {
  prepare({.memory_bytes = 64UL << 20U, .cpu_cores = {}, .pids = {}});
  start({"burn"});
  read_until(output.out.get(), "ready");
  EXPECT_EQ(group->usage().pids, 1U);
  if (by_cgroup(group->limited().memory)) EXPECT_GT(group->usage().memory_bytes.value_or(0), 0U);
  if (group->usage().cpu) EXPECT_TRUE(becomes_true([&] { return *group->usage().cpu > 1ms; }));
}

TEST_F(limited, a_later_keeper_goes_on_counting) {
  prepare({.memory_bytes = 32UL << 20U, .cpu_cores = {}, .pids = {}});
  if (!by_cgroup(group->limited().memory)) GTEST_SKIP() << "no memory controller may be used here";
  wait_for_end(start({"memory", "200"}));
  auto const later = holder->find("1", token).value();
  EXPECT_GE(later->oom_kills(), 1U);
}

TEST(how_a_limit_is_enforced, is_told_in_words) {
  EXPECT_EQ(text(enforcement::none), "not enforced");
  EXPECT_EQ(text(enforcement::rlimit), "rlimit");
}

}  // namespace
}  // namespace ostler::keeper

// The ends of real processes, ours and of others.
#include "keeper/hold/exits.hpp"

#include <csignal>
#include <gtest/gtest.h>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper/hold/test/fixture.hpp"
#include "system/process.hpp"

namespace ostler::keeper {
namespace {

using lifecycle::exit_status;
using test::becomes_true;
using test::read_until;

class an_end : public test::with_processes {};

std::optional<ended_child> next_ended() {
  std::optional<ended_child> seen;
  EXPECT_TRUE(becomes_true([&] {
    seen = look_for_ended_child().value();
    return seen.has_value();
  }));
  return seen;
}

TEST_F(an_end, is_seen_again_until_it_is_reaped) {
  auto const made = spawn(request({"exit", "7"}));
  ASSERT_TRUE(made) << made.error().message;
  ended_child const expected{.pid = made->pid, .status = {.what = exit_status::kind::code, .value = 7}};
  EXPECT_EQ(next_ended(), expected);
  EXPECT_EQ(next_ended(), expected);
  EXPECT_TRUE(system::stat_of(made->pid)->ended());
  EXPECT_TRUE(reap(made->pid));
  EXPECT_FALSE(system::stat_of(made->pid));
  EXPECT_EQ(look_for_ended_child().value(), std::nullopt);
  EXPECT_TRUE(reap(made->pid)) << "twice is as good as once";
}

TEST_F(an_end, by_a_signal_is_told_as_such) {
  auto const made = spawn(request({"wait"}));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(look_for_ended_child().value(), std::nullopt);
  ::kill(made->pid, SIGKILL);
  auto const seen = next_ended();
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->status, (exit_status{.what = exit_status::kind::signal, .value = SIGKILL}));
  EXPECT_TRUE(reap(made->pid));
}

TEST_F(an_end, of_somebody_elses_child_is_told_by_a_pidfd_opened_before) {
  if (!system::probe_capabilities().pidfd) GTEST_SKIP() << "this kernel has no pidfd";
  test::pipe_ends go;
  // A parent that is not us, whose child ends with 9 when it is told to.
  auto wanted = request({});
  wanted.argv = {"/bin/sh", "-c",
                 "exec 3<&0; sh -c 'echo $$; read x <&3; exit 9' & wait; echo reaped; read y"};
  wanted.input = go.out.get();
  auto const parent = spawn(wanted);
  ASSERT_TRUE(parent) << parent.error().message;
  auto const child = std::stoi(read_until(output.out.get(), "\n"));
  auto const held = system::open_pidfd(child);
  ASSERT_TRUE(held);
  EXPECT_EQ(exit_of(held.get()), std::nullopt) << "it goes on";
  ASSERT_EQ(::write(go.in.get(), "\n", 1), 1);
  pollfd waiting{.fd = held.get(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&waiting, 1, 30'000), 1);
  read_until(output.out.get(), "reaped");
  auto const status = exit_of(held.get());
  ASSERT_EQ(::write(go.in.get(), "\n", 1), 1);
  test::wait_for_end(parent->pid);
  if (!status) GTEST_SKIP() << "this kernel tells exit statuses to parents only";
  EXPECT_EQ(*status, (exit_status{.what = exit_status::kind::code, .value = 9}));
}

TEST(a_wait_status, becomes_what_it_says) {
  EXPECT_EQ(exit_status_of(3 << 8), (exit_status{.what = exit_status::kind::code, .value = 3}));
  EXPECT_EQ(exit_status_of(SIGTERM), (exit_status{.what = exit_status::kind::signal, .value = SIGTERM}));
  EXPECT_EQ(exit_status_of(0x7f).what, exit_status::kind::unknown);
}

TEST(what_is_no_pidfd, tells_no_exit) {
  EXPECT_EQ(exit_of(0), std::nullopt);
  EXPECT_EQ(exit_of(-1), std::nullopt);
}

}  // namespace
}  // namespace ostler::keeper

// Real processes, told apart.
#include "system/process.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace ostler::system {
namespace {

// A child that waits to be killed, with one more variable than we have.
class a_child {
 public:
  explicit a_child(std::string variable) : variable_(std::move(variable)) {
    std::array<int, 2> ready{};
    EXPECT_EQ(::pipe2(ready.data(), O_CLOEXEC), 0);
    std::array<char*, 3> argv{program_.data(), argument_.data(), nullptr};
    std::array<char*, 2> environment{variable_.data(), nullptr};
    pid_ = ::fork();
    if (pid_ == 0) {
      ::execve("/bin/sleep", argv.data(), environment.data());
      ::_exit(127);
    }
    ::close(ready[1]);
    // The end of the pipe closes when the child has become the other program.
    char byte = 0;
    EXPECT_EQ(::read(ready[0], &byte, 1), 0);
    ::close(ready[0]);
  }
  a_child(a_child const&) = delete;
  a_child& operator=(a_child const&) = delete;
  ~a_child() { end(); }

  pid_t pid() const { return pid_; }
  // Dead, and kept as a zombie until the end.
  void kill() const {
    ::kill(pid_, SIGKILL);
    siginfo_t seen{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &seen, WEXITED | WNOWAIT);
  }
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  std::string program_ = "sleep";
  std::string argument_ = "1000";
  std::string variable_;
  pid_t pid_ = -1;
};

TEST(a_process_line, may_have_any_name_in_it) {
  auto const read =
      parse_process_stat("4711 (a) b (c) S 12 13 14 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 987654 9 10 11\n");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->pid, 4711);
  EXPECT_EQ(read->parent, 12);
  EXPECT_EQ(read->group, 13);
  EXPECT_EQ(read->session, 14);
  EXPECT_EQ(read->state, 'S');
  EXPECT_EQ(read->threads, 3);
  EXPECT_EQ(read->start_ticks, 987654U);
}

TEST(a_process_line, is_refused_when_it_is_none) {
  for (auto const* line :
       {"", "(", ")(", "12 (x", "x (y) S 1 2 3", "1 (y) S 1 2 3 0 0 0", "1 (y) SS 1 2 3 4 5"})
    EXPECT_FALSE(parse_process_stat(line)) << line;
}

TEST(a_leader_that_ended_before_its_threads, has_not_ended) {
  process_stat leader{.state = 'Z', .threads = 2};
  EXPECT_FALSE(leader.ended());
  leader.threads = 1;
  EXPECT_TRUE(leader.ended());
}

TEST(this_process, is_found_with_its_parent_and_session) {
  auto const self = stat_of(::getpid());
  ASSERT_TRUE(self) << self.error().message;
  EXPECT_EQ(self->parent, ::getppid());
  EXPECT_EQ(self->group, ::getpgrp());
  EXPECT_EQ(self->session, ::getsid(0));
  auto const all = all_processes().value();
  EXPECT_NE(std::ranges::find(all, ::getpid()), all.end());
}

TEST(a_process, is_among_the_children_of_its_parent) {
  a_child const child("A=1");
  auto const children = children_of(::getpid());
  EXPECT_NE(std::ranges::find(children, child.pid()), children.end());
}

TEST(an_environment, is_searched_for_one_variable) {
  auto const value = std::string(5000, 'x');
  a_child const child("LONG=" + value);
  EXPECT_EQ(environment_of(child.pid(), "LONG"), value.substr(0, 4096));
  EXPECT_EQ(environment_of(child.pid(), "LON"), std::nullopt);
  EXPECT_EQ(environment_of(child.pid(), "LONGER"), std::nullopt);
  EXPECT_EQ(environment_of(child.pid(), "x"), std::nullopt);
  EXPECT_EQ(environment_of(-1, "LONG"), std::nullopt);
}

TEST(a_process_handle, signals_the_process_it_was_opened_for) {
  a_child const child("OSTLER_TEST=mine");
  auto const handle =
      process_handle::open(identify(child.pid()).value(), environment_mark{"OSTLER_TEST", "mine"});
  ASSERT_TRUE(handle && *handle);
  EXPECT_EQ((*handle)->signal(0).value(), signal_outcome::sent);
  EXPECT_EQ((*handle)->signal(SIGKILL).value(), signal_outcome::sent);
  siginfo_t seen{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child.pid()), &seen, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(seen.si_status, SIGKILL);
}

TEST(a_process_handle, says_gone_after_its_process_was_reaped) {
  a_child child("A=1");
  auto const handle = process_handle::open(identify(child.pid()).value());
  ASSERT_TRUE(handle && *handle);
  child.end();
  EXPECT_EQ((*handle)->signal(SIGKILL).value(), signal_outcome::gone);
}

TEST(a_process_handle, is_refused_for_another_start_time) {
  a_child const child("A=1");
  auto whom = identify(child.pid()).value();
  whom.start_ticks -= 1;
  auto const handle = process_handle::open(whom);
  ASSERT_TRUE(handle);
  EXPECT_FALSE(*handle);
}

TEST(a_process_handle, is_refused_for_another_boot) {
  a_child const child("A=1");
  auto whom = identify(child.pid()).value();
  whom.boot = "00000000-0000-0000-0000-000000000000";
  auto const handle = process_handle::open(whom);
  ASSERT_TRUE(handle);
  EXPECT_FALSE(*handle);
}

TEST(a_process_handle, is_refused_for_another_mark) {
  a_child const child("OSTLER_TEST=theirs");
  auto const handle =
      process_handle::open(identify(child.pid()).value(), environment_mark{"OSTLER_TEST", "mine"});
  ASSERT_TRUE(handle);
  EXPECT_FALSE(*handle);
}

TEST(a_process_handle, is_never_opened_for_a_number_that_means_many) {
  auto whom = identify(::getpid()).value();
  for (pid_t const pid : {0, -1, -::getpid()}) {
    whom.pid = pid;
    auto const handle = process_handle::open(whom);
    ASSERT_TRUE(handle);
    EXPECT_FALSE(*handle);
  }
}

TEST(a_zombie, has_ended) {
  a_child const child("A=1");
  EXPECT_FALSE(stat_of(child.pid())->ended());
  child.kill();
  EXPECT_TRUE(stat_of(child.pid())->ended());
}

TEST(a_process_that_is_gone, is_unknown) {
  a_child child("A=1");
  auto const pid = child.pid();
  child.end();
  auto const seen = stat_of(pid);
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code, error_code::file_unknown);
}

}  // namespace
}  // namespace ostler::system

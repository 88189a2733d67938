// A keeper that is killed at each of its first steps, and before each of a kind of system call.
#include <csignal>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/process.hpp"
#include "tests/keeper/storm/storm.hpp"

namespace ostler::test {
namespace {

bool can_trace() {
  return std::filesystem::exists("/usr/bin/strace") &&
         run_program({"/usr/bin/strace", "-o", "/dev/null", "/bin/true"}).code == 0;
}

// Ends with its keeper; ended by us when it is destroyed.
class traced_keeper {
 public:
  traced_keeper(held const& place, std::vector<std::string> inject) {
    std::vector<std::string> command{"/usr/bin/strace", "-qqq", "-o", "/dev/null"};
    command.insert(command.end(), inject.begin(), inject.end());
    for (auto const& each : {keeper_program(), std::string("run"), std::string("--foreground"),
                             std::string("--dir"), place.directory()})
      command.push_back(each);
    pid_ = ::fork();
    if (pid_ != 0) return;
    std::vector<char*> words;
    for (auto& each : command) words.push_back(each.data());
    words.push_back(nullptr);
    ::execv(words[0], words.data());
    std::_Exit(127);
  }
  traced_keeper(traced_keeper const&) = delete;
  traced_keeper& operator=(traced_keeper const&) = delete;
  ~traced_keeper() {
    if (has_ended()) return;
    for (auto const child : system::children_of(pid_)) ::kill(child, SIGKILL);
    // It would stay for as long as anybody it has seen is there.
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  bool has_ended() {
    if (!ended_) ended_ = ::waitpid(pid_, nullptr, WNOHANG) == pid_;
    return ended_;
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
  bool ended_ = false;
};

// False when it came up before it would have been killed.
bool dies_before(std::string const& call, int number) {
  held place;
  auto& web = place.service("web", {"alone", "web", "file", "runs", "print", "up\\n", "wait"});
  web.ready.output = "up";
  place.write_spec();
  bool died = false;
  {
    traced_keeper first(place, {"-e", fmt::format("trace={}", call), "-e",
                                fmt::format("inject={}:signal=SIGKILL:when={}", call, number)});
    wait_for(
        [&] {
          died = first.has_ended();
          return died || content_of(place.directory() + "/ledger").find("service.ready") != std::string::npos;
        },
        "a first keeper");
  }
  SCOPED_TRACE(fmt::format("killed before {} number {}", call, number));
  wait_for([&] { return place.try_start().code == 0; }, "a keeper after it");
  auto const link = place.client();
  link->fact("service.ready", "web");
  auto const status = status_of(*link, "web");
  EXPECT_TRUE(lives(status.pid));
  auto const runs = lines_of(place.workspace() + "/runs");
  EXPECT_FALSE(was_ever_twice(place, "web"));
  // Whoever was started and could not be taken over had ended before the next one was started.
  EXPECT_FALSE(runs.empty());
  if (!runs.empty()) EXPECT_EQ(runs.back(), std::to_string(status.pid));
  EXPECT_EQ(place.alive().size(), 1U);
  auto const story = whole_story(place);
  std::size_t intended = 0;
  for (auto const& each : story) intended += each.fact == "process.intended" ? 1U : 0U;
  EXPECT_LE(runs.size(), intended);
  place.stop();
  EXPECT_TRUE(place.alive().empty());
  return died;
}

TEST(a_keeper, may_be_killed_before_any_system_call_of_its_start) {
  if (!can_trace()) GTEST_SKIP() << "no strace that may trace here";
  weather moments;
  int tried = 0;
  for (auto const* call : {"clone3", "pwrite64", "rename,renameat,renameat2", "ftruncate", "write",
                           "mkdir,mkdirat", "openat", "epoll_ctl", "timerfd_settime", "mknodat,mknod", "bind",
                           "fallocate", "close", "fcntl", "read", "ioctl", "pwritev", "mmap"}) {
    // Each of them, or some by chance.
    for (int number = 1; number < 400; number += full_storm() ? 1 : moments.between(1, 12), ++tried) {
      try {
        if (!dies_before(call, number)) break;
      } catch (std::exception const& why) {
        ADD_FAILURE() << "killed before " << call << " number " << number << ": " << why.what();
      }
    }
  }
  fmt::print("killed {} times\n", tried);
}

// The child shares the descriptors' files with its keeper until it has become the other program.
TEST(a_keeper, killed_while_its_child_is_being_born_is_followed_by_one_that_starts_no_second) {
  if (!can_trace()) GTEST_SKIP() << "no strace that may trace here";
  for (auto const* containment : {"", "scan"}) {
    for (auto const* call : {"pwrite64", "close_range", "execve"}) {
      SCOPED_TRACE(fmt::format("{} {}", containment, call));
      held place(containment);
      place.service("web", {"alone", "web", "file", "runs", "wait"});
      place.write_spec();
      // Only the child lingers: the keeper's own first call of that kind is long past, or its own start.
      traced_keeper first(place, {"-f", "-e", fmt::format("trace={},clone3", call), "-e",
                                  fmt::format("inject={}:delay_enter=700000:when=1", call)});
      wait_for([&] { return place.keeper_pid() > 0; }, "the keeper");
      auto const keeper = static_cast<pid_t>(place.keeper_pid());
      pid_t child = 0;
      wait_for(
          [&] {
            for (auto const each : system::children_of(keeper)) child = each;
            return child != 0;
          },
          "its child");
      ::kill(keeper, SIGKILL);
      wait_until_gone(keeper);
      wait_for([&] { return place.try_start().code == 0; }, "a keeper after it");
      auto const link = place.client();
      link->fact("service.running", "web");
      wait_for(
          [&] {
            auto const runs = lines_of(place.workspace() + "/runs");
            return !runs.empty() && runs.back() == std::to_string(status_of(*link, "web").pid);
          },
          "its run");
      // The late one, if it was not taken over, has come to its end.
      if (status_of(*link, "web").pid != child) wait_until_gone(child);
      EXPECT_FALSE(was_ever_twice(place, "web"));
      EXPECT_EQ(place.alive().size(), 1U);
      place.stop();
    }
  }
}

}  // namespace
}  // namespace ostler::test

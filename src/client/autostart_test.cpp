#include "client/autostart.hpp"

#include <array>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <poll.h>
#include <thread>
#include <vector>

#include "client/stream.hpp"
#include "client/test/false_daemon.hpp"
#include "system/process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace ostler::client {
namespace {

using testing::HasSubstr;

// A state directory with its daemon, if one was started; it is ended when the test ends.
class autostart : public testing::Test {
 protected:
  autostart() {
    set_["OSTLER_STATE"] = directory_ + "/state";
    set_["OSTLER_DAEMON"] = OSTLER_TEST_DAEMON;
  }
  autostart(autostart const&) = delete;
  autostart& operator=(autostart const&) = delete;
  ~autostart() override { end_daemon(); }

  void end_daemon() {
    auto const there = stream::dial({.socket = socket(), .host = {}, .token = {}}, wait_end::after(30s, -1));
    if (!there) return;
    EXPECT_TRUE((*there)->write("END", wait_end::after(30s, -1)));
    std::array<char, 1> none{};
    // It has gone when the connection ends.
    static_cast<void>((*there)->read(none, wait_end::after(30s, -1)));
  }
  std::string socket() const { return set_.at("OSTLER_STATE") + "/ostler.sock"; }
  void behave(std::string_view mode) const {
    std::filesystem::create_directories(set_.at("OSTLER_STATE"));
    std::ofstream(set_.at("OSTLER_STATE") + "/mode") << mode;
  }
  result<std::optional<daemon_started>> ensure(milliseconds limit = 30s) const {
    return ensure_daemon(
        [this](std::string_view name) -> std::optional<std::string> {
          auto const found = set_.find(name);
          if (found == set_.end()) return std::nullopt;
          return found->second;
        },
        {.limit = limit});
  }

  std::map<std::string, std::string, std::less<>> set_;

 private:
  ostler::test::temporary_directory const made_in_{"autostart"};
  std::string directory_ = made_in_.text();
};

TEST_F(autostart, starts_a_daemon_that_nobody_holds) {
  auto const started = ensure();
  ASSERT_TRUE(started && *started) << (started ? "" : started.error().message);
  EXPECT_EQ((*started)->socket, socket());
  auto const stat = system::stat_of((*started)->pid);
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->session, stat->group);
  EXPECT_NE(stat->session, ::getsid(0));
  EXPECT_NE(stat->parent, ::getpid());
  EXPECT_EQ(std::filesystem::read_symlink("/proc/" + std::to_string((*started)->pid) + "/fd/0"), "/dev/null");
}

TEST_F(autostart, leaves_a_daemon_that_answers_alone) {
  ASSERT_TRUE(ensure());
  auto const again = ensure();
  ASSERT_TRUE(again);
  EXPECT_FALSE(*again);
}

TEST_F(autostart, starts_one_daemon_for_all_who_ask_at_once) {
  std::atomic<int> started = 0;
  std::atomic<int> answered = 0;
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 8; ++i)
      callers.emplace_back([&] {
        auto const done = ensure();
        EXPECT_TRUE(done) << done.error().message;
        if (done) ++answered;
        if (done && *done) ++started;
      });
  }
  EXPECT_EQ(answered, 8);
  EXPECT_EQ(started, 1);
}

TEST_F(autostart, hands_no_pipe_of_the_caller_to_the_daemon) {
  std::array<int, 2> ends{};
  // Without close-on-exec, as a shell hands them down.
  ASSERT_EQ(::pipe(ends.data()), 0);
  system::fd const read_end(ends[0]);
  system::fd write_end(ends[1]);
  ASSERT_TRUE(ensure());
  write_end.reset();
  pollfd asked{.fd = read_end.get(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&asked, 1, 30'000), 1);
  EXPECT_TRUE(asked.revents & POLLHUP);
}

TEST_F(autostart, says_why_the_daemon_did_not_start) {
  behave("fail");
  auto const failed = ensure();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, error_code::daemon_unreachable);
  EXPECT_THAT(failed.error().message, HasSubstr("ended at once"));
  EXPECT_THAT(failed.error().detail, HasSubstr("the journal is damaged"));
}

TEST_F(autostart, does_not_wait_for_ever) {
  behave("hang");
  auto const late = ensure(100ms);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, error_code::daemon_unreachable);
  EXPECT_THAT(late.error().message, HasSubstr("does not answer yet"));
}

TEST_F(autostart, can_be_forbidden) {
  set_["OSTLER_NO_AUTOSTART"] = "1";
  auto const refused = ensure();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::daemon_unreachable);
  EXPECT_FALSE(std::filesystem::exists(set_.at("OSTLER_STATE")));
}

TEST_F(autostart, leaves_a_daemon_elsewhere_to_whoever_runs_it) {
  set_["OSTLER_URL"] = "unix:/nonexistent/s";
  auto const done = ensure();
  ASSERT_TRUE(done);
  EXPECT_FALSE(*done);
}

TEST_F(autostart, refuses_programs_that_are_not_there_or_not_named_whole) {
  for (auto const* path : {"/nonexistent/ostlerd", "ostlerd"}) {
    set_["OSTLER_DAEMON"] = path;
    auto const refused = ensure();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, error_code::daemon_unreachable);
    EXPECT_THAT(refused.error().message, HasSubstr(path));
  }
}

}  // namespace
}  // namespace ostler::client

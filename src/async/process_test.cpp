// Programs run to their end, or ended with all that they started.
#include "async/process.hpp"

#include <csignal>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include "async/cancelled.hpp"
#include "async/test/loop.hpp"
#include "system/process.hpp"

namespace ostler::async {
namespace {

process_request shell(std::string line) {
  process_request made;
  made.argv = {"/bin/sh", "-c", std::move(line)};
  made.environment = {"PATH=/usr/bin:/bin", "GREETING=hello"};
  return made;
}

run_limits const patience{.time = test::generous};

TEST(a_program, is_run_with_its_words_environment_directory_and_input) {
  test::loop loop;
  auto request = shell("cat; pwd; echo $GREETING >&2; exit 3");
  request.directory = "/usr";
  auto const ran = loop.run(run_program(std::move(request), patience, "told\n"));
  ASSERT_TRUE(ran) << ran.error().message;
  EXPECT_EQ(ran->end, (process_end{.code = 3, .signal = 0}));
  EXPECT_EQ(ran->out, "told\n/usr\n");
  EXPECT_EQ(ran->errors, "hello\n");
  EXPECT_FALSE(ran->cut);
}

TEST(a_program, inherits_no_descriptor_and_no_environment) {
  test::loop loop;
  ::setenv("SECRET_OF_OURS", "1", 1);
  // Not closed on exec: as a library that does not know better would leave it.
  system::fd const leaky(::open("/dev/null", O_RDONLY));
  auto const ran = loop.run(run_program(shell("ls /proc/self/fd | wc -l; env | grep -c SECRET"), patience));
  ::unsetenv("SECRET_OF_OURS");
  ASSERT_TRUE(ran);
  // The fourth is the directory that ls reads.
  EXPECT_EQ(ran->out, "4\n0\n");
}

TEST(a_program, dies_of_the_signals_that_we_ignore) {
  test::loop loop;
  ::signal(SIGPIPE, SIG_IGN);
  auto const ran = loop.run(run_program(shell("kill -PIPE $$; echo ignored"), patience));
  ::signal(SIGPIPE, SIG_DFL);
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->end, (process_end{.code = -1, .signal = SIGPIPE}));
}

TEST(a_program, that_says_too_much_is_cut) {
  test::loop loop;
  run_limits const limits{.time = test::generous, .output_max = 1000};
  auto const ran = loop.run(run_program(shell("head -c 3000000 /dev/zero | tr '\\0' x"), limits));
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->out, std::string(1000, 'x'));
  EXPECT_TRUE(ran->cut);
  EXPECT_EQ(ran->end.code, 0);
}

TEST(a_program, that_reads_nothing_is_no_trouble) {
  test::loop loop;
  auto const ran = loop.run(run_program(shell("exit 0"), patience, std::string(4'000'000, 'x')));
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->end.code, 0);
}

TEST(a_program, that_cannot_be_run_is_refused_with_the_reason) {
  test::loop loop;
  auto const refused = [&](std::vector<std::string> argv, std::string directory = {}) {
    process_request request;
    request.argv = std::move(argv);
    request.directory = std::move(directory);
    auto const ran = loop.run(run_program(std::move(request), patience));
    return ran ? error{} : ran.error();
  };
  EXPECT_EQ(refused({"/no/such/program"}).code, error_code::spawn_failed);
  EXPECT_NE(refused({"/no/such/program"}).message.find("ENOENT"), std::string::npos);
  EXPECT_EQ(refused({"/bin/true"}, "/no/such/directory").code, error_code::spawn_failed);
  EXPECT_EQ(refused({"true"}).code, error_code::spawn_failed);
  EXPECT_EQ(refused({}).code, error_code::spawn_failed);
  EXPECT_EQ(refused({"/bin/true", std::string("a\0b", 3)}).code, error_code::spawn_failed);
}

// Has that process ended, or will it within a generous time?
bool ends(std::string const& pid) {
  auto const process = system::open_pidfd(static_cast<pid_t>(std::stol(pid)));
  pollfd wait{.fd = process.get(), .events = POLLIN, .revents = 0};
  return !process || ::poll(&wait, 1, 60'000) == 1;
}

TEST(a_program, that_takes_too_long_is_killed_with_what_it_started) {
  test::loop loop;
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  system::fd const hear(ends[0]);
  // Both hold the writing end: it is closed when both are gone.
  auto request = shell("sleep 1000 & exec sleep 1000");
  request.input = system::fd(ends[1]);
  auto const ran = loop.run(run_program(std::move(request), {.time = 50ms}));
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, error_code::timed_out);
  char byte = 0;
  EXPECT_EQ(::read(hear.get(), &byte, 1), 0);
}

TEST(a_program, that_leaves_somebody_behind_in_its_group_is_cleared_away) {
  test::loop loop;
  auto const ran = loop.run(run_program(shell("sleep 1000 & echo $!"), patience));
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->end.code, 0);
  EXPECT_TRUE(ends(ran->out));
}

TEST(a_program, is_killed_when_the_caller_is_cancelled) {
  test::loop loop;
  loop.cancel_next();
  try {
    static_cast<void>(loop.run(run_program(shell("exec sleep 1000"), patience)));
    FAIL() << "it was not cancelled";
  } catch (...) {
    EXPECT_TRUE(is_cancellation(std::current_exception()));
  }
}

TEST(a_process, tells_the_signal_that_ended_it_as_often_as_it_is_asked) {
  test::loop loop;
  auto started = process::start(loop.where(), shell("exec sleep 1000"));
  ASSERT_TRUE(started);
  EXPECT_TRUE(started->signal_group(SIGTERM));
  process_end const expected{.code = -1, .signal = SIGTERM};
  EXPECT_EQ(loop.run(started->wait()), expected);
  EXPECT_EQ(loop.run(started->wait()), expected);
  EXPECT_TRUE(started->signal_group(SIGTERM));
}

TEST(a_process, is_killed_by_whoever_lets_go_of_it) {
  test::loop loop;
  pid_t pid = 0;
  {
    auto const started = process::start(loop.where(), shell("exec sleep 1000"));
    ASSERT_TRUE(started);
    pid = started->pid();
  }
  EXPECT_FALSE(system::stat_of(pid));
}

}  // namespace
}  // namespace ostler::async

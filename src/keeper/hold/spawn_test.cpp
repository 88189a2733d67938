// Programs started for real, and what they find around them.
#include "keeper/hold/spawn.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper/hold/test/fixture.hpp"
#include "system/process.hpp"

namespace ostler::keeper {
namespace {

using test::line_of;
using test::pipe_ends;
using test::read_all;
using test::read_until;
using test::wait_for_end;

class a_spawned_program : public test::with_processes {
 protected:
  // Runs the helper to its end.
  std::string report(spawn_request const& wanted) {
    auto const made = spawn(wanted);
    if (!made) {
      ADD_FAILURE() << made.error().message;
      return {};
    }
    output.in.reset();
    auto text = read_all(output.out.get());
    EXPECT_EQ(wait_for_end(made->pid), 0);
    return text;
  }
  // The path of a new file that may be run.
  std::string script(std::string const& name, std::string const& content, mode_t mode = 0755) const {
    auto path = directory + "/" + name;
    std::ofstream(path) << content;
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path;
  }
  std::string failure(spawn_request const& wanted) {
    auto const made = spawn(wanted);
    if (made) {
      ADD_FAILURE() << "it was run";
      return {};
    }
    EXPECT_EQ(made.error().code, error_code::spawn_failed);
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
    return made.error().message;
  }
};

TEST_F(a_spawned_program, keeps_its_number_until_it_is_reaped) {
  auto const made = spawn(request({"exit", "7"}));
  ASSERT_TRUE(made) << made.error().message;
  siginfo_t ended{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(made->pid), &ended, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(system::stat_of(made->pid));
  EXPECT_EQ(static_cast<bool>(system::open_pidfd(made->pid)), system::probe_capabilities().pidfd);
  EXPECT_EQ(WEXITSTATUS(wait_for_end(made->pid)), 7);
}

TEST_F(a_spawned_program, has_exactly_three_descriptors) {
  // Some that would be inherited by anybody who does not look.
  system::fd const leaky_low(::open("/dev/null", O_RDONLY));
  system::fd const leaky_high(::fcntl(leaky_low.get(), F_DUPFD, 200));
  EXPECT_EQ(line_of(report(request({"report"})), "descriptors"), "0,1,2,");
}

// Ours for a while: some ignored, one blocked.
class with_odd_signals {
 public:
  with_odd_signals() {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGHUP, SIG_IGN);
    std::signal(SIGRTMIN + 3, SIG_IGN);
    sigset_t blocked{};
    ::sigemptyset(&blocked);
    ::sigaddset(&blocked, SIGUSR1);
    ::sigprocmask(SIG_BLOCK, &blocked, &before_);
    signals_changed();
  }
  with_odd_signals(with_odd_signals const&) = delete;
  with_odd_signals& operator=(with_odd_signals const&) = delete;
  ~with_odd_signals() {
    sigset_t after{};
    ::sigprocmask(SIG_SETMASK, &before_, &after);
    for (auto const number : {SIGPIPE, SIGHUP, SIGRTMIN + 3})
      EXPECT_EQ(std::signal(number, SIG_DFL), SIG_IGN);
    signals_changed();
    // A spawn leaves ours as they were.
    EXPECT_EQ(::sigismember(&after, SIGUSR1), 1);
    EXPECT_EQ(::sigismember(&after, SIGUSR2), 0);
  }

 private:
  sigset_t before_{};
};

TEST_F(a_spawned_program, has_default_signals_and_an_empty_mask) {
  with_odd_signals const odd;
  auto const text = report(request({"report"}));
  EXPECT_EQ(line_of(text, "SigBlk"), "0000000000000000");
  EXPECT_EQ(line_of(text, "SigIgn"), "0000000000000000");
}

TEST_F(a_spawned_program, has_default_signals_again_and_again) {
  with_odd_signals const odd;
  report(request({"report"}));
  output = pipe_ends();
  EXPECT_EQ(line_of(report(request({"report"})), "SigIgn"), "0000000000000000");
}

TEST_F(a_spawned_program, has_default_signals_where_a_common_one_was_ignored_in_silence) {
  // So that it is known what we ignore before we ignore more.
  report(request({"report"}));
  output = pipe_ends();
  std::signal(SIGPIPE, SIG_IGN);
  auto const text = report(request({"report"}));
  std::signal(SIGPIPE, SIG_DFL);
  EXPECT_EQ(line_of(text, "SigIgn"), "0000000000000000");
}

TEST_F(a_spawned_program, has_no_handler_of_ours) {
  auto* const before = std::signal(SIGUSR2, [](int) {});
  auto const text = report(request({"report"}));
  std::signal(SIGUSR2, before);
  EXPECT_EQ(line_of(text, "SigIgn"), "0000000000000000");
  EXPECT_EQ(std::stoull(line_of(text, "SigCgt"), nullptr, 16) >> (SIGUSR2 - 1) & 1U, 0U);
}

TEST_F(a_spawned_program, leads_its_own_session_or_group_as_asked) {
  auto wanted = request({"report"});
  auto const text = report(wanted);
  EXPECT_EQ(line_of(text, "session"), line_of(text, "pid"));

  output = pipe_ends();
  wanted.output = output.in.get();
  wanted.session = spawn_session::own_group;
  auto const in_group = report(wanted);
  EXPECT_EQ(line_of(in_group, "group"), line_of(in_group, "pid"));
  EXPECT_EQ(line_of(in_group, "session"), std::to_string(::getsid(0)));
}

TEST_F(a_spawned_program, takes_the_terminal_it_is_given) {
  system::fd const master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_TRUE(master);
  int unlock = 0;
  ASSERT_EQ(::ioctl(master.get(), TIOCSPTLCK, &unlock), 0);
  system::fd const slave(::ioctl(master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_TRUE(slave);
  auto wanted = request({"report"});
  wanted.input = slave.get();
  wanted.controlling_terminal = true;
  auto const text = report(wanted);
  EXPECT_EQ(line_of(text, "terminal group"), line_of(text, "pid"));
}

TEST_F(a_spawned_program, starts_where_it_is_told) {
  ASSERT_EQ(::mkdir((directory + "/below").c_str(), 0700), 0);
  system::fd const open(::open(directory.c_str(), O_PATH | O_CLOEXEC));
  auto wanted = request({"report"});
  wanted.directory_fd = open.get();
  wanted.directory = "below";
  wanted.umask = 027;
  auto const text = report(wanted);
  EXPECT_EQ(line_of(text, "directory"), directory + "/below");
  EXPECT_EQ(line_of(text, "umask"), "27");
}

TEST_F(a_spawned_program, has_the_limits_it_was_given) {
  auto wanted = request({"report"});
  wanted.limits = {{RLIMIT_NOFILE, 100, 200}};
  wanted.oom_score_adjust = 321;
  wanted.no_new_privileges = true;
  auto const text = report(wanted);
  EXPECT_EQ(line_of(text, "files"), "100/200");
  EXPECT_EQ(line_of(text, "oom"), "321");
  EXPECT_EQ(line_of(text, "NoNewPrivs"), "1");
  std::ifstream ours("/proc/self/oom_score_adj");
  int score = -1;
  ours >> score;
  EXPECT_NE(score, 321) << "the child shares our memory, not our score";
}

TEST_F(a_spawned_program, becomes_the_user_it_is_told) {
  if (::getuid() != 0) GTEST_SKIP() << "only root may become somebody else";
  auto wanted = request({"report"});
  wanted.user = spawn_user{.user = 12345, .group = 23456, .groups = {23456, 34567}};
  // The helper may lie where only we may look.
  auto const program = directory + "/program";
  std::filesystem::copy_file(child_program, program);
  ASSERT_EQ(::chmod(directory.c_str(), 0755), 0);
  wanted.argv.front() = program;
  auto const text = report(wanted);
  EXPECT_EQ(line_of(text, "Uid"), "12345\t12345\t12345\t12345");
  EXPECT_EQ(line_of(text, "Gid"), "23456\t23456\t23456\t23456");
  EXPECT_EQ(line_of(text, "groups"), "23456,34567,");
  EXPECT_EQ(::getuid(), 0U);
}

TEST_F(a_spawned_program, writes_its_pid_on_record_before_it_runs) {
  system::fd const record(::open((directory + "/record").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  auto wanted = request({"report"});
  wanted.mark = {.file = record.get(), .offset = 24};
  auto const text = report(wanted);
  std::int64_t pid = 0;
  ASSERT_EQ(::pread(record.get(), &pid, sizeof pid, 24), 8);
  EXPECT_EQ(std::to_string(pid), line_of(text, "pid"));
}

TEST_F(a_spawned_program, has_the_marker_first_in_its_environment) {
  auto wanted = request({"wait"});
  wanted.environment.emplace_back("OSTLER_RUN=another");
  auto const made = spawn(wanted);
  ASSERT_TRUE(made) << made.error().message;
  read_until(output.out.get(), "ready");
  EXPECT_EQ(system::environment_of(made->pid, "OSTLER_RUN"), token);
}

// All ways in which three descriptors may lie where they must not stay.
TEST(the_three_descriptors, arrive_wherever_they_were) {
  auto const letters = std::string_view("abc");
  std::array<int, 3> order{0, 1, 2};
  do {
    // In a process of its own, because the places 0 to 2 are this program's too.
    auto const tester = ::fork();
    if (tester == 0) {
      for (int i = 0; i < 3; ++i) {
        std::array<int, 2> ends{};
        if (::pipe(ends.data()) != 0 || ::write(ends[1], &letters[static_cast<std::size_t>(i)], 1) != 1 ||
            ::dup2(ends[0], 20 + i) < 0)
          ::_exit(10);
      }
      for (int i = 0; i < 3; ++i) ::dup2(20 + i, i);
      spawn_request wanted;
      wanted.argv = {"/bin/sh", "-c",
                     "exec 5<&0 6<&1 7<&2; a=$(head -c1 <&5) b=$(head -c1 <&6) c=$(head -c1 <&7);"
                     "[ \"$a$b$c\" = \"$WANTED\" ]"};
      std::string expected = "WANTED=";
      for (auto const from : order) expected += letters[static_cast<std::size_t>(from)];
      wanted.environment = {expected};
      wanted.input = order[0];
      wanted.output = order[1];
      wanted.errors = order[2];
      auto const made = spawn(wanted);
      int status = 0;
      if (!made || ::waitpid(made->pid, &status, 0) < 0) ::_exit(11);
      ::_exit(WEXITSTATUS(status));
    }
    int status = 0;
    ASSERT_EQ(::waitpid(tester, &status, 0), tester);
    EXPECT_EQ(status, 0) << order[0] << order[1] << order[2];
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(a_spawned_program, is_found_in_the_path_of_its_own_environment) {
  script("hello", "#!/bin/sh\necho hello from $0\n");
  auto wanted = request({});
  wanted.argv = {"hello"};
  wanted.environment = {"PATH=/nowhere:" + directory};
  EXPECT_EQ(report(wanted), "hello from " + directory + "/hello\n");

  output = pipe_ends();
  wanted.output = output.in.get();
  wanted.environment = {"PATH=bin:."};
  wanted.directory = directory;
  EXPECT_EQ(report(wanted), "hello from ./hello\n");
}

TEST_F(a_spawned_program, may_be_a_script_that_does_not_say_who_reads_it) {
  auto wanted = request({});
  wanted.argv = {script("plain", "echo \"$1 $2\"\n"), "one", "two"};
  EXPECT_EQ(report(wanted), "one two\n");
}

TEST_F(a_spawned_program, is_named_when_it_is_not_there) {
  auto wanted = request({});
  wanted.argv = {"no-such-program-anywhere"};
  EXPECT_EQ(failure(wanted),
            "could not run \"no-such-program-anywhere\": No such file or directory (ENOENT)");
  wanted.argv = {"/no/such/program"};
  EXPECT_EQ(failure(wanted), "could not run \"/no/such/program\": No such file or directory (ENOENT)");
  wanted.argv = {};
  EXPECT_EQ(failure(wanted), "could not run \"\": no command was given");
  wanted.argv = {std::string("a\0b", 3)};
  EXPECT_NE(failure(wanted).find("zero byte"), std::string::npos);
}

TEST_F(a_spawned_program, is_named_when_it_may_not_be_run) {
  auto wanted = request({});
  wanted.argv = {script("data", "echo\n", 0644)};
  EXPECT_EQ(failure(wanted), "could not run \"" + wanted.argv.front() + "\": Permission denied (EACCES)");
  wanted.argv = {"data"};
  wanted.environment = {"PATH=" + directory};
  EXPECT_EQ(failure(wanted), "could not run \"data\": Permission denied (EACCES)");
}

// As if the kernel were an old one: these calls are unknown to whoever comes after.
void forget_new_calls() {
  constexpr auto number = static_cast<std::uint32_t>(offsetof(seccomp_data, nr));
  constexpr auto unknown = static_cast<std::uint32_t>(SECCOMP_RET_ERRNO | ENOSYS);
  std::array<sock_filter, 6> rules{
      {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, number), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 3, 0),
       BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 2, 0),
       BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 1, 0),
       BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW), BPF_STMT(BPF_RET | BPF_K, unknown)}};
  sock_fprog const program{.len = rules.size(), .filter = rules.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
    ::_exit(20);
}

TEST_F(a_spawned_program, is_started_on_an_old_kernel_too) {
  auto const tester = ::fork();
  if (tester == 0) {
    forget_new_calls();
    auto const able = system::probe_capabilities();
    if (able.clone3 || able.close_range || able.pidfd) ::_exit(21);
    for (int number = 100; number < 300; ++number) ::dup2(0, number);
    auto const made = spawn(request({"report"}));
    int status = 0;
    if (!made || ::waitpid(made->pid, &status, 0) != made->pid) ::_exit(22);
    ::_exit(WEXITSTATUS(status));
  }
  EXPECT_EQ(wait_for_end(tester), 0);
  output.in.reset();
  EXPECT_EQ(line_of(read_all(output.out.get()), "descriptors"), "0,1,2,");
}

TEST_F(a_spawned_program, is_told_from_its_missing_interpreter) {
  auto wanted = request({});
  wanted.argv = {script("odd", "#!/no/such/interpreter\n")};
  EXPECT_NE(failure(wanted).find("interpreter"), std::string::npos);
}

TEST_F(a_spawned_program, is_not_run_without_its_directory) {
  auto wanted = request({"report"});
  wanted.directory = directory + "/absent";
  EXPECT_NE(failure(wanted).find("could not enter the directory \"" + wanted.directory +
                                 "\": No such file or directory (ENOENT)"),
            std::string::npos);
}

TEST_F(a_spawned_program, is_not_run_when_a_step_before_failed) {
  auto wanted = request({"report"});
  wanted.input = 987;
  EXPECT_NE(failure(wanted).find("could not place its input and output: Bad file descriptor (EBADF)"),
            std::string::npos);
  wanted = request({"report"});
  wanted.mark = {.file = 987, .offset = 0};
  EXPECT_NE(failure(wanted).find("could not write its pid on record"), std::string::npos);
  wanted = request({"report"});
  wanted.place.cgroup2_directory = 987;
  EXPECT_NE(failure(wanted).find("could not join its cgroup"), std::string::npos);
  wanted = request({"report"});
  wanted.limits = {{RLIMIT_NOFILE, 10, 5}};
  EXPECT_NE(failure(wanted).find("could not set its limits"), std::string::npos);
}

}  // namespace
}  // namespace ostler::keeper

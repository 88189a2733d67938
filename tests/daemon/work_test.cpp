// Deleting what has a workspace of its own and does not run: nothing is lost, and nothing is needlessly
// refused.
#include <csignal>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>

#include "system/process.hpp"
#include "tests/daemon/joined.hpp"

namespace ostler::test {
namespace {

namespace fs = std::filesystem;
using namespace operations;
using testing::HasSubstr;

class a_place_that_does_not_run : public testing::Test {
 protected:
  static void write(fs::path const& path, std::string const& text) { std::ofstream(path) << text; }
  static void git(fs::path const& where, std::string const& words) {
    auto const line = fmt::format(
        "HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 git -C '{}' -c user.name=N -c user.email=n@example.com "
        "-c init.defaultBranch=main {} >/dev/null 2>&1",
        where.string(), words);
    ASSERT_EQ(std::system(line.c_str()), 0) << line;
  }
  void make_repository() {
    git(all_.project(), "init");
    git(all_.project(), "add -A");
    git(all_.project(), "commit -m first");
  }

  void make(std::string const& mode, bool start = true) {
    instance_new asked{.name = "web", .project = all_.project().string()};
    asked.settings.text = fmt::format(R"({{"mode":"{}"}})", mode);
    asked.copy = {".env"};
    asked.services = {playing("server", {"wait"})};
    asked.start = start;
    asked.wait = std::chrono::seconds(60);
    auto const made = all_.ask<instances_create>(asked);
    ASSERT_TRUE(made) << made.error().message;
  }
  void stop() {
    auto const stopped = all_.ask<instances_stop>({.instance = "web", .wait = std::chrono::seconds(60)});
    ASSERT_TRUE(stopped) << stopped.error().message;
    ASSERT_EQ(stopped->state, instance_state::stopped);
  }
  // The workspace of the one instance there is.
  fs::path work() const {
    for (auto const& each : fs::directory_iterator(all_.base() / "places/places"))
      if (fs::exists(each.path() / "work")) return each.path() / "work";
    return {};
  }

  // What the provider has started for us, and who works in our directories.
  std::vector<pid_t> running() const {
    std::vector<pid_t> found;
    for (auto const pid : *system::all_processes()) {
      std::error_code gone;
      auto const where = fs::read_symlink(fmt::format("/proc/{}/cwd", pid), gone).string();
      if (where.starts_with(all_.base().string()) ||
          system::environment_of(pid, "OSTLER_TEST_JOINED") == all_.base().string())
        found.push_back(pid);
    }
    return found;
  }

  // Who was told to end takes a moment for it.
  void expect_all_end() const {
    for (auto const pid : running()) {
      auto const held = system::open_pidfd(pid);
      pollfd wait{.fd = held.get(), .events = POLLIN, .revents = 0};
      if (held) ::poll(&wait, 1, 60'000);
    }
    EXPECT_TRUE(running().empty());
  }

  void expect_deleted() {
    auto const gone = all_.ask<instances_delete>({.instance = "web", .wait = std::chrono::seconds(60)});
    ASSERT_TRUE(gone) << gone.error().message << "\n" << gone.error().detail;
    EXPECT_EQ(gone->state, instance_state::deleted);
    EXPECT_TRUE(fs::is_empty(all_.base() / "places/places"));
    EXPECT_TRUE(fs::is_empty(all_.base() / "places/trash"));
  }
  void expect_refused(std::string const& line) {
    auto const refused = all_.ask<instances_delete>({.instance = "web"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, error_code::work_would_be_lost);
    EXPECT_EQ(refused.error().detail, line) << refused.error().message;
    EXPECT_EQ(refused.error().hints.front(), "ostler start web");
    EXPECT_EQ(all_.ask<instances_get>({"web"})->state, instance_state::stopped);
    EXPECT_TRUE(fs::exists(work()));
  }

  joined all_;
};

TEST_F(a_place_that_does_not_run, is_deleted_when_nobody_touched_the_copy) {
  make("copy");
  stop();
  expect_deleted();
}

TEST_F(a_place_that_does_not_run, is_deleted_when_nobody_touched_the_copied_checkout) {
  make_repository();
  write(all_.project() / "not committed", "before the copy");
  make("copy");
  stop();
  expect_deleted();
}

TEST_F(a_place_that_does_not_run, is_refused_with_what_has_changed) {
  make_repository();
  make("copy");
  stop();
  write(work() / "file", "work");
  expect_refused("not committed: file");
  // The refusal is no dead end.
  git(work(), "commit -a -m work");
  expect_refused("commits of main");
  git(all_.project(), fmt::format("fetch '{}' main:theirs", work().string()));
  write(work() / "file", "more work");
  git(work(), "stash");
  expect_refused("commits of stash");
  git(work(), "stash drop");
  expect_deleted();
}

TEST_F(a_place_that_does_not_run, is_looked_at_by_a_daemon_that_has_just_begun) {
  make("copy");
  write(work() / "new", "work");
  stop();
  all_.start_again();
  expect_refused("new: new");
  fs::remove(work() / "new");
  expect_deleted();
}

TEST_F(a_place_that_does_not_run, is_deleted_when_it_never_ran) {
  make("copy", false);
  expect_deleted();
}

TEST_F(a_place_that_does_not_run, is_deleted_when_it_holds_only_what_was_put_there) {
  write(all_.project() / ".env", "A=1\n");
  make("empty");
  stop();
  // What becomes of the source makes no work of it.
  write(all_.project() / ".env", "A=2\n");
  expect_deleted();
}

TEST_F(a_place_that_does_not_run, is_refused_when_what_was_put_there_was_changed) {
  write(all_.project() / ".env", "A=1\n");
  make("empty");
  stop();
  write(work() / ".env", "A=of mine\n");
  expect_refused("new: .env");
}

TEST_F(a_place_that_does_not_run, gets_nothing_run_that_its_checkout_names) {
  make_repository();
  make("copy");
  stop();
  auto const canary = all_.base() / "canary";
  write(all_.base() / "trap", fmt::format("#!/bin/sh\necho sprung >'{}'\ncat\n", canary.string()));
  fs::permissions(all_.base() / "trap", fs::perms::owner_all);
  auto const trap = (all_.base() / "trap").string();
  for (auto const* key : {"core.fsmonitor", "filter.bad.clean", "filter.bad.process", "diff.bad.textconv",
                          "diff.external", "core.sshCommand"})
    git(work(), fmt::format("config {} '{}'", key, trap));
  for (auto const* hook : {"post-index-change", "fsmonitor-watchman"})
    fs::copy_file(trap, work() / ".git/hooks" / hook);
  write(work() / ".gitattributes", "* filter=bad diff=bad\n");
  write(work() / "file", "work");
  expect_refused("not committed: file\nnot committed: .gitattributes");
  EXPECT_FALSE(fs::exists(canary));
  fs::remove(work() / ".gitattributes");
  write(work() / "file", "of the project\n");
  expect_deleted();
  EXPECT_FALSE(fs::exists(canary));
}

TEST_F(a_place_that_does_not_run, is_not_looked_at_for_longer_than_the_deadline) {
  make_repository();
  make("copy");
  stop();
  auto const held_up_by = work() / ".git/info/exclude";
  fs::remove(held_up_by);
  ASSERT_EQ(::mkfifo(held_up_by.c_str(), 0600), 0);
  auto const id = all_.ask<instances_get>({"web"})->id;
  auto const looked = all_.run(all_.middle().find_work(id, milliseconds(300)));
  ASSERT_FALSE(looked);
  EXPECT_EQ(looked.error().code, error_code::timed_out);
  expect_all_end();
  fs::remove(held_up_by);
  expect_deleted();
}

// The place runs, but nobody can be asked in it.
TEST_F(a_place_that_does_not_run, is_looked_at_also_when_its_keeper_is_held_up) {
  make("copy");
  write(work() / "new", "work");
  pid_t keeper = 0;
  for (auto const pid : running()) {
    std::error_code gone;
    auto const program = fs::read_symlink(fmt::format("/proc/{}/exe", pid), gone);
    if (program.filename() == "ostler-keeper") keeper = pid;
  }
  ASSERT_GT(keeper, 0);
  ASSERT_EQ(::kill(keeper, SIGSTOP), 0);
  auto const refused = all_.ask<instances_delete>({.instance = "web"});
  ::kill(keeper, SIGCONT);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().detail, "new: new");
}

}  // namespace
}  // namespace ostler::test

// What is noted of cgroups, and that nothing else is touched.
#include "system/noted_cgroups.hpp"

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/cgroups.hpp"
#include "system/fd.hpp"
#include "system/files.hpp"
#include "system/process.hpp"
#include "system/random.hpp"
#include "tests/support/own_cgroups.hpp"
#include "tests/support/temporary_directory.hpp"

namespace ostler::system {
namespace {

namespace fs = std::filesystem;

class noted : public testing::Test {
 protected:
  // A cgroup of version 2 for this test; empty where none may be made.
  std::string made(std::string const& name) {
    auto const hierarchy = find_hierarchy("");
    auto const own = hierarchy ? hierarchy->directory_of(hierarchy->own_path) : std::nullopt;
    auto const group =
        own ? cgroup_directory::make(*own + "/" + name) : result<cgroup_directory>(std::unexpected(error{}));
    return group ? group->path() : std::string();
  }

  test::own_cgroups cgroups_;
  test::temporary_directory place_{"notes"};
  fd home_{open_at(AT_FDCWD, place_.text(), O_RDONLY | O_DIRECTORY).value()};
  std::string name_ = cgroup_name(random_nonce());
};

TEST_F(noted, cgroups_are_removed_with_all_below_them) {
  auto const path = made(name_);
  if (path.empty()) GTEST_SKIP() << "no cgroup may be made here";
  ASSERT_TRUE(note_cgroups(home_.get(), {path}));
  ASSERT_TRUE(note_cgroups(home_.get(), {path}));
  ASSERT_TRUE(cgroup_directory::make(path + "/keeper"));
  ASSERT_TRUE(cgroup_directory::make(path + "/run-web"));
  ASSERT_TRUE(cgroup_directory::make(path + "/run-web/deeper"));
  EXPECT_EQ(noted_cgroups(home_.get()).value(), std::vector{path});
  EXPECT_TRUE(remove_noted_cgroups(home_.get()).value().empty());
  EXPECT_FALSE(fs::exists(path));
  EXPECT_TRUE(noted_cgroups(home_.get()).value().empty());
  EXPECT_TRUE(remove_noted_cgroups(home_.get()).value().empty());
}

TEST_F(noted, cgroups_with_somebody_in_them_stay_and_name_him) {
  auto const path = made(name_);
  if (path.empty()) GTEST_SKIP() << "no cgroup may be made here";
  ASSERT_TRUE(note_cgroups(home_.get(), {path}));
  auto const run = cgroup_directory::make(path + "/run-web").value();
  auto const child = ::fork();
  if (child == 0) {
    for (;;) ::pause();
  }
  EXPECT_TRUE(run.write("cgroup.procs", std::to_string(child)));
  auto const left = remove_noted_cgroups(home_.get());
  EXPECT_TRUE(kill_in_noted_cgroups(home_.get()));
  auto const held = open_pidfd(child);
  pollfd ended{.fd = held.get(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&ended, 1, 30'000), 1);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ASSERT_TRUE(left);
  ASSERT_EQ(left->size(), 1U);
  EXPECT_EQ(left->front().path, path);
  EXPECT_EQ(left->front().processes, std::vector{child});
  EXPECT_TRUE(remove_noted_cgroups(home_.get()).value().empty());
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(noted, cgroups_of_others_are_never_touched) {
  auto const foreign = made("web-of-somebody");
  if (foreign.empty()) GTEST_SKIP() << "no cgroup may be made here";
  auto const ours = made(name_);
  EXPECT_FALSE(note_cgroups(home_.get(), {foreign}));
  EXPECT_FALSE(note_cgroups(home_.get(), {foreign + "/ostler-web"}));
  EXPECT_FALSE(note_cgroups(home_.get(), {foreign + "/../" + name_}));
  // Whatever somebody writes there.
  std::ofstream(place_ / "cgroups") << foreign << "\n" << ours << "/../web-of-somebody\n/\n\n" << ours;
  EXPECT_TRUE(remove_noted_cgroups(home_.get()).value().empty());
  EXPECT_TRUE(fs::exists(foreign));
  // Its line was cut off.
  EXPECT_TRUE(fs::exists(ours));
}

TEST_F(noted, directories_that_are_no_cgroups_stay) {
  auto const path = (place_ / name_).string();
  fs::create_directory(path);
  ASSERT_TRUE(note_cgroups(home_.get(), {path}));
  EXPECT_TRUE(noted_cgroups(home_.get()).value().empty());
  EXPECT_TRUE(remove_noted_cgroups(home_.get()).value().empty());
  EXPECT_TRUE(fs::exists(path));
}

TEST_F(noted, cgroups_that_are_gone_are_forgotten) {
  auto const path = made(name_);
  if (path.empty()) GTEST_SKIP() << "no cgroup may be made here";
  ASSERT_TRUE(note_cgroups(home_.get(), {path}));
  ASSERT_TRUE(note_cgroups(home_.get(), {path + "/" + cgroup_name(random_nonce())}));
  ASSERT_TRUE(forget_gone_cgroups(home_.get()));
  EXPECT_EQ(read_file_at(home_.get(), "cgroups", 4096).value(), path + "\n");
}

}  // namespace
}  // namespace ostler::system

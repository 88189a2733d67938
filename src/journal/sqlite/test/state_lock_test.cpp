#include "journal/sqlite/state_lock.hpp"

#include <csignal>
#include <fstream>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "journal/sqlite/sqlite_journal.hpp"
#include "journal/sqlite/test/scratch_directory.hpp"

namespace ostler::journal::sqlite {
namespace {

using testing::HasSubstr;

TEST(state_lock, a_second_owner_is_told_the_pid_of_the_first) {
  scratch_directory const scratch;
  auto const directory = scratch.path() / "state";
  auto const first = sqlite_journal::open({.directory = directory});
  ASSERT_TRUE(first);
  auto const second = sqlite_journal::open({.directory = directory});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, error_code::state_locked);
  EXPECT_THAT(second.error().message, HasSubstr("pid " + std::to_string(getpid())));
}

TEST(state_lock, ends_with_its_owner) {
  scratch_directory const scratch;
  auto const directory = scratch.path() / "state";
  {
    ASSERT_TRUE(sqlite_journal::open({.directory = directory}));
  }
  ASSERT_TRUE(sqlite_journal::open({.directory = directory}));
}

TEST(state_lock, the_kernel_releases_it_when_the_owner_is_killed) {
  scratch_directory const scratch;
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  auto const child = fork();
  if (child == 0) {
    auto const lock = state_lock::acquire(scratch.path());
    static_cast<void>(write(ready[1], lock ? "y" : "n", 1));
    while (true) pause();
  }
  char locked = 0;
  ASSERT_EQ(read(ready[0], &locked, 1), 1);
  EXPECT_EQ(locked, 'y');
  auto const refused = state_lock::acquire(scratch.path());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("pid " + std::to_string(child)));

  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  auto const lock = state_lock::acquire(scratch.path());
  ASSERT_TRUE(lock);
  EXPECT_TRUE(lock->last_owner_ran_in_this_boot());
  close(ready[0]);
  close(ready[1]);
}

TEST(state_lock, knows_an_owner_from_before_the_machine_started) {
  scratch_directory const scratch;
  std::ofstream(scratch.path() / "lock") << "1 another-boot\n";
  EXPECT_FALSE(state_lock::acquire(scratch.path())->last_owner_ran_in_this_boot());
  EXPECT_TRUE(state_lock::acquire(scratch.path())->last_owner_ran_in_this_boot());
}

}  // namespace
}  // namespace ostler::journal::sqlite

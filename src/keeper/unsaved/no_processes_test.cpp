#include "keeper/unsaved/no_processes.hpp"

#include <cerrno>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace ostler::keeper {
namespace {

// What a process of which the right was taken exits with.
template <class Work> int exit_code_of(Work work) {
  auto const child = ::fork();
  if (child == 0) ::_exit(forbid_processes() == 0 ? work() : 99);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(a_process_without_the_right_to_start_others, cannot_fork) {
  EXPECT_EQ(exit_code_of([] {
              auto const child = ::fork();
              if (child == 0) ::_exit(0);
              return child < 0 && errno == EPERM ? 0 : 1;
            }),
            0);
}

TEST(a_process_without_the_right_to_start_others, has_threads) {
  EXPECT_EQ(exit_code_of([] {
              int done = 1;
              std::thread([&done] { done = 0; }).join();
              return done;
            }),
            0);
}

TEST(a_process_without_the_right_to_start_others, does_not_get_it_back_by_becoming_another_program) {
  EXPECT_EQ(exit_code_of([] {
              ::execl("/bin/sh", "sh", "-c", "/bin/true; exit 3", nullptr);
              return 98;
            }),
            2);
}

}  // namespace
}  // namespace ostler::keeper

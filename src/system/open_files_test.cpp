// The limit of open files of this very process, which gets back what it had.
#include "system/open_files.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace ostler::system {
namespace {

class a_limit_of_open_files : public testing::Test {
 protected:
  static rlimit now() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    return files;
  }
  ~a_limit_of_open_files() override { ::setrlimit(RLIMIT_NOFILE, &before_); }

  rlimit before_ = now();
};

TEST_F(a_limit_of_open_files, is_raised_as_far_as_it_may_be_and_says_what_it_was) {
  ASSERT_TRUE(set_open_files(100));
  EXPECT_EQ(raise_open_files().value(), 100U);
  EXPECT_EQ(now().rlim_cur, before_.rlim_max);
  EXPECT_EQ(now().rlim_max, before_.rlim_max);
}

TEST_F(a_limit_of_open_files, is_never_set_above_the_hard_one) {
  ASSERT_TRUE(set_open_files(before_.rlim_max));
  ASSERT_TRUE(set_open_files(RLIM_INFINITY));
  EXPECT_EQ(now().rlim_cur, before_.rlim_max);
}

}  // namespace
}  // namespace ostler::system

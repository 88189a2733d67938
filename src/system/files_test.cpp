// Files written whole, in a real directory.
#include "system/files.hpp"

#include <fcntl.h>
#include <filesystem>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "system/failure.hpp"
#include "tests/support/temporary_directory.hpp"

namespace ostler::system {
namespace {

class a_directory : public testing::Test {
 protected:
  test::temporary_directory place_{"files"};
  std::string path_ = place_.text();
  fd directory_ = open_at(AT_FDCWD, path_, O_RDONLY | O_DIRECTORY).value();
};

TEST_F(a_directory, gives_back_what_was_written) {
  ASSERT_TRUE(replace_file_at(directory_.get(), "mark", "first", survives::power));
  ASSERT_TRUE(replace_file_at(directory_.get(), "mark", std::string(10'000, 'x'), survives::killed));
  EXPECT_EQ(read_file_at(directory_.get(), "mark", 20'000).value(), std::string(10'000, 'x'));
  EXPECT_FALSE(std::filesystem::exists(path_ + "/mark.new"));
}

TEST_F(a_directory, keeps_what_it_writes_to_its_owner) {
  ASSERT_TRUE(replace_file_at(directory_.get(), "mark", "secret", survives::killed));
  struct stat seen{};
  ASSERT_EQ(::stat((path_ + "/mark").c_str(), &seen), 0);
  EXPECT_EQ(seen.st_mode & 0777U, 0600U);
}

TEST_F(a_directory, refuses_what_is_too_large) {
  ASSERT_TRUE(replace_file_at(directory_.get(), "mark", std::string(100, 'x'), survives::killed));
  auto const read = read_file_at(directory_.get(), "mark", 99);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, error_code::value_out_of_range);
}

TEST_F(a_directory, says_what_is_not_there) {
  auto const read = read_file_at(directory_.get(), "absent", 99);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, error_code::file_unknown);
  EXPECT_EQ(read.error().message, "could not open absent: No such file or directory (ENOENT)");
}

TEST_F(a_directory, does_not_follow_a_link_that_waits_where_it_writes) {
  ASSERT_EQ(::symlink("elsewhere", (path_ + "/mark.new").c_str()), 0);
  EXPECT_FALSE(replace_file_at(directory_.get(), "mark", "x", survives::killed));
  EXPECT_FALSE(std::filesystem::exists(path_ + "/elsewhere"));
}

TEST(what_the_system_refused, has_a_code_to_act_on) {
  EXPECT_EQ(errno_code(ENOSPC), error_code::storage_full);
  EXPECT_EQ(errno_code(EMFILE), error_code::system_exhausted);
  EXPECT_EQ(errno_code(EACCES), error_code::not_permitted);
  EXPECT_EQ(errno_code(EXDEV), error_code::system_failed);
}

}  // namespace
}  // namespace ostler::system

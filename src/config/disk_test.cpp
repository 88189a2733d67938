#include "config/disk.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <vector>

#include "tests/support/temporary_directory.hpp"

namespace ostler::config {
namespace {

class a_disk : public testing::Test {
 protected:
  std::string path(std::string const& name) const { return root_ / name; }
  void write(std::string const& name, std::string const& text) const { std::ofstream(root_ / name) << text; }

  test::temporary_directory root_{"config"};
  disk disk_;
};

TEST_F(a_disk, gives_what_is_in_a_plain_file) {
  write("a", "text\n");
  EXPECT_EQ(disk_.read(path("a")).value(), "text\n");
  EXPECT_TRUE(disk_.is_there(path("a")));
  EXPECT_FALSE(disk_.is_there(path("b")));
  EXPECT_EQ(disk_.read(path("b")).value(), std::nullopt);
  EXPECT_EQ(disk_.read(path("a/b")).value(), std::nullopt);
}

TEST_F(a_disk, does_not_wait_for_what_is_no_file) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(disk_.read(path("pipe")).error().code, error_code::value_unknown);
  EXPECT_EQ(disk_.read("/dev/zero").error().code, error_code::value_unknown);
  EXPECT_EQ(disk_.read(path("")).error().code, error_code::value_unknown);
}

TEST_F(a_disk, does_not_read_without_end) {
  write("large", {});
  std::filesystem::resize_file(path("large"), 9UL * 1024 * 1024);
  EXPECT_EQ(disk_.read(path("large")).error().code, error_code::value_out_of_range);
}

TEST_F(a_disk, changes_a_file_at_once_and_for_nobody_elses_eyes) {
  auto const name = path("deep/er/file");
  ASSERT_TRUE(change_file(
      name, [](std::string_view before) -> result<std::string> { return std::string(before) + "x"; }));
  ASSERT_TRUE(change_file(
      name, [](std::string_view before) -> result<std::string> { return std::string(before) + "y"; }));
  EXPECT_EQ(disk_.read(name).value(), "xy");
  struct stat about{};
  ASSERT_EQ(::stat(name.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
}

TEST_F(a_disk, leaves_a_file_as_it_is_when_the_change_fails) {
  auto const name = path("file");
  write("file", "before");
  auto const done = change_file(
      name, [](std::string_view) -> result<std::string> { return fail(error_code::usage, "no"); });
  EXPECT_EQ(done.error().code, error_code::usage);
  EXPECT_EQ(disk_.read(name).value(), "before");
}

TEST_F(a_disk, loses_no_change_of_several_at_once) {
  auto const name = path("file");
  std::vector<std::thread> all;
  for (int i = 0; i < 4; ++i)
    all.emplace_back([&] {
      for (int k = 0; k < 5; ++k)
        EXPECT_TRUE(change_file(
            name, [](std::string_view before) -> result<std::string> { return std::string(before) + "x"; }));
    });
  for (auto& each : all) each.join();
  EXPECT_EQ(disk_.read(name).value(), std::string(20, 'x'));
}

TEST_F(a_disk, says_what_it_could_not_do) {
  write("file", "");
  auto const done =
      change_file(path("file/below"), [](std::string_view) -> result<std::string> { return std::string(); });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, error_code::storage_failed);
}

}  // namespace
}  // namespace ostler::config

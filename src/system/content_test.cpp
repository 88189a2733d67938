#include "system/content.hpp"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "system/fd.hpp"
#include "system/files.hpp"
#include "tests/support/temporary_directory.hpp"

namespace ostler::system {
namespace {

namespace fs = std::filesystem;

class what_a_file_holds : public testing::Test {
 protected:
  what_a_file_holds() {
    fs::create_directories(base_ / "one");
    fs::create_directories(base_ / "other");
    one_ = std::move(*open_at(AT_FDCWD, (base_ / "one").string(), O_RDONLY | O_DIRECTORY));
    other_ = std::move(*open_at(AT_FDCWD, (base_ / "other").string(), O_RDONLY | O_DIRECTORY));
  }
  void write(std::string const& side, std::string const& name, std::string const& text) {
    std::ofstream(base_ / side / name) << text;
  }
  bool same(std::string const& name) {
    auto const said = same_content(one_.get(), other_.get(), name);
    EXPECT_TRUE(said) << said.error().message;
    return said && *said;
  }

  test::temporary_directory base_{"content"};
  fd one_;
  fd other_;
};

TEST_F(what_a_file_holds, is_compared_to_the_last_byte_and_not_by_size_or_time) {
  std::string const large(300'000, 'x');
  write("one", "large", large + "a");
  write("other", "large", large + "a");
  EXPECT_TRUE(same("large"));
  auto const then = fs::last_write_time(base_ / "one/large");
  write("other", "large", large + "b");
  fs::last_write_time(base_ / "other/large", then);
  EXPECT_FALSE(same("large"));
  write("other", "large", large);
  EXPECT_FALSE(same("large"));
}

TEST_F(what_a_file_holds, is_never_that_of_what_a_link_leads_to) {
  write("one", "there", "text");
  write("other", "there", "text");
  write("one", "name", "text");
  fs::create_symlink("there", base_ / "other/name");
  EXPECT_FALSE(same("name"));
  fs::remove(base_ / "one/name");
  fs::create_symlink("there", base_ / "one/name");
  EXPECT_TRUE(same("name"));
  fs::remove(base_ / "one/name");
  fs::create_symlink("elsewhere", base_ / "one/name");
  EXPECT_FALSE(same("name"));
}

TEST_F(what_a_file_holds, is_known_again_by_its_mark) {
  write("one", "a", "text");
  write("other", "a", "text");
  EXPECT_EQ(*content_mark(one_.get(), "a"), *content_mark(other_.get(), "a"));
  write("other", "a", "tExt");
  EXPECT_NE(*content_mark(one_.get(), "a"), *content_mark(other_.get(), "a"));
  fs::create_symlink("text", base_ / "one/link");
  EXPECT_NE(*content_mark(one_.get(), "link"), *content_mark(one_.get(), "a"));
  EXPECT_EQ(content_mark(one_.get(), "missing").error().code, error_code::file_unknown);
}

TEST_F(what_a_file_holds, is_never_waited_for) {
  ASSERT_EQ(::mkfifo((base_ / "one/pipe").c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo((base_ / "other/pipe").c_str(), 0600), 0);
  EXPECT_FALSE(same("pipe"));
  EXPECT_FALSE(content_mark(one_.get(), "pipe"));
  EXPECT_EQ(*kind_at(one_.get(), "pipe"), entry_kind::other);
}

}  // namespace
}  // namespace ostler::system

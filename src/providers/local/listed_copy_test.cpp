#include "providers/local/listed_copy.hpp"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "system/files.hpp"
#include "tests/support/temporary_directory.hpp"

namespace ostler::providers::local {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class a_listed_copy : public testing::Test {
 protected:
  a_listed_copy() {
    fs::create_directories(from() / "config/deep");
    fs::create_directories(to());
    write(from() / ".env", "A=1");
    write(from() / "config/deep/key", "secret");
    ::chmod((from() / "config/deep/key").c_str(), 0600);
    fs::create_symlink("/etc/passwd", from() / "link");
    fs::create_symlink("config", from() / "aside");
  }

  fs::path from() const { return base_ / "from"; }
  fs::path to() const { return base_ / "to"; }
  static void write(fs::path const& path, std::string const& text) { std::ofstream(path) << text; }
  static std::string read(fs::path const& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  result<std::vector<std::string>> copy(std::vector<std::string> const& paths) {
    auto const into = system::open_at(AT_FDCWD, to().string(), O_RDONLY | O_DIRECTORY);
    return copy_listed(from().string(), into->get(), paths, {}, stop_.get_token(), [](copy_count const&) {});
  }

  test::temporary_directory base_{"listed-copy"};
  std::stop_source stop_;
};

TEST_F(a_listed_copy, brings_files_links_and_whole_directories) {
  auto const done = copy({".env", "config/deep/key", "link"});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(*done, IsEmpty());
  EXPECT_EQ(read(to() / ".env"), "A=1");
  EXPECT_EQ(read(to() / "config/deep/key"), "secret");
  struct stat seen{};
  ASSERT_EQ(::stat((to() / "config/deep/key").c_str(), &seen), 0);
  EXPECT_EQ(seen.st_mode & 07777U, 0600U);
  EXPECT_EQ(fs::read_symlink(to() / "link"), "/etc/passwd");
  fs::remove_all(to() / "config");
  ASSERT_TRUE(copy({"config/"}));
  EXPECT_EQ(read(to() / "config/deep/key"), "secret");
}

TEST_F(a_listed_copy, leaves_what_is_there_and_names_what_is_missing) {
  write(to() / ".env", "mine");
  auto const done = copy({".env", "node_modules", "none/such"});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(*done, ElementsAre("'node_modules' was not copied: it is not there",
                                 "'none/such' was not copied: it is not there"));
  EXPECT_EQ(read(to() / ".env"), "mine");
}

TEST_F(a_listed_copy, never_leaves_the_project) {
  for (auto const* path : {"../to", "/etc/passwd", "", ".", "config/../../to"}) {
    auto const done = copy({path});
    ASSERT_FALSE(done) << path;
    EXPECT_EQ(done.error().code, error_code::provider_refused) << path;
  }
  // A link on the way is not followed.
  auto const aside = copy({"aside/deep/key"});
  ASSERT_TRUE(aside);
  EXPECT_EQ(aside->size(), 1U);
  EXPECT_FALSE(fs::exists(to() / "aside"));
}

}  // namespace
}  // namespace ostler::providers::local

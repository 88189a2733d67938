// Trees removed below a held directory. What somebody does to them meanwhile is tried in keeper/files.
#include "system/tree_removal.hpp"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

#include "system/files.hpp"

namespace ostler::system {
namespace {

namespace fs = std::filesystem;

class a_tree_removal : public testing::Test {
 protected:
  a_tree_removal() {
    auto pattern = (fs::temp_directory_path() / "ostler-tree-removal-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    for (auto const* folder : {"tree/a/b", "outside"}) fs::create_directories(root_ / folder);
    for (auto const* name : {"tree/a/b/file", "outside/kept"}) std::ofstream(root_ / name) << "text";
    fs::create_directory_symlink(root_ / "outside", root_ / "tree/a/link");
  }
  ~a_tree_removal() override {
    std::error_code ignored;
    fs::permissions(root_ / "tree/a", fs::perms::owner_all, ignored);
    fs::remove_all(root_, ignored);
  }

  result<std::uint64_t> remove(std::string const& name, locked_directories locked) const {
    auto directory = open_at(AT_FDCWD, root_.string(), O_RDONLY | O_DIRECTORY);
    if (!directory) return std::unexpected(directory.error());
    auto work = tree_removal::begin(std::move(*directory), name, locked);
    if (!work) return std::unexpected(work.error());
    for (;;) {
      auto const done = work->step();
      if (!done) return std::unexpected(done.error());
      if (*done) return work->removed();
    }
  }

  fs::path root_;
};

TEST_F(a_tree_removal, takes_all_of_the_tree_and_nothing_that_a_link_names) {
  EXPECT_EQ(remove("tree", locked_directories::respect).value(), 5U);
  EXPECT_FALSE(fs::exists(root_ / "tree"));
  EXPECT_TRUE(fs::exists(root_ / "outside/kept"));
}

TEST_F(a_tree_removal, says_that_there_was_nothing) {
  EXPECT_EQ(remove("none", locked_directories::respect).error().code, error_code::file_unknown);
}

TEST_F(a_tree_removal, takes_back_the_right_to_change_what_is_ours) {
  if (::geteuid() == 0) GTEST_SKIP() << "nothing is locked for root";
  for (auto const* locked : {"tree/a/b", "tree/a"}) fs::permissions(root_ / locked, fs::perms::owner_read);
  EXPECT_EQ(remove("tree", locked_directories::respect).error().code, error_code::not_permitted);
  EXPECT_TRUE(remove("tree", locked_directories::open));
  EXPECT_FALSE(fs::exists(root_ / "tree"));
}

}  // namespace
}  // namespace ostler::system

// A copy is what the tree was: contents, modes, times, links, holes; and nothing that was to be left out.
#include "providers/local/tree_copy.hpp"

#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/files.hpp"
#include "tests/support/temporary_directory.hpp"

namespace ostler::providers::local {
namespace {

namespace fs = std::filesystem;

class a_tree_copy : public testing::Test {
 protected:
  a_tree_copy() {
    fs::create_directories(from() / "a/b");
    write("a/b/file", "text");
  }

  fs::path from() const { return base_ / "from"; }
  fs::path to() const { return base_ / "to"; }
  void write(fs::path const& name, std::string const& text) const { std::ofstream(from() / name) << text; }
  static std::string read(fs::path const& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static struct stat look(fs::path const& path) {
    struct stat seen{};
    EXPECT_EQ(::lstat(path.c_str(), &seen), 0) << path;
    return seen;
  }

  result<copy_report> copy(copy_options options = {}, copy_watcher const& watch = [](copy_count const&) {}) {
    auto const into = system::open_at(AT_FDCWD, base_.text(), O_RDONLY | O_DIRECTORY);
    return copy_tree(from().string(), into->get(), "to", options, stop_.get_token(), watch);
  }

  test::temporary_directory base_{"tree-copy"};
  std::stop_source stop_;
};

TEST_F(a_tree_copy, has_every_file_with_its_content) {
  for (int at = 0; at < 500; ++at) {
    auto const folder = "many/" + std::to_string(at % 20);
    fs::create_directories(from() / folder);
    write(folder + "/" + std::to_string(at), std::string(static_cast<std::size_t>(at) * 100, 'x'));
  }
  write("new\nline", "odd");
  copy_count last;
  auto const done = copy({}, [&](copy_count const& count) { last = count; });
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->count.files, 502U);
  EXPECT_EQ(last.files, 502U);
  EXPECT_EQ(last.bytes, 499U * 500 / 2 * 100 + 7);
  for (int at = 0; at < 500; ++at)
    EXPECT_EQ(fs::file_size(to() / "many" / std::to_string(at % 20) / std::to_string(at)),
              static_cast<std::uintmax_t>(at) * 100);
  EXPECT_EQ(read(to() / "a/b/file"), "text");
  EXPECT_EQ(read(to() / "new\nline"), "odd");
}

TEST_F(a_tree_copy, keeps_modes_and_times_also_of_directories_that_may_not_be_written) {
  ASSERT_EQ(::chmod((from() / "a/b/file").c_str(), 0751), 0);
  ASSERT_EQ(::chmod((from() / "a/b").c_str(), 0555), 0);
  timespec const times[2] = {{.tv_sec = 1000, .tv_nsec = 1}, {.tv_sec = 2000, .tv_nsec = 123'456'789}};
  for (auto const* name : {"a/b/file", "a/b", "a", "."})
    ASSERT_EQ(::utimensat(AT_FDCWD, (from() / name).c_str(), times, 0), 0);
  ASSERT_TRUE(copy());
  for (auto const* name : {"a/b/file", "a/b", "a", "."}) {
    auto const one = look(from() / name);
    auto const other = look(to() / name);
    EXPECT_EQ(one.st_mode, other.st_mode) << name;
    EXPECT_EQ(one.st_mtim.tv_sec, other.st_mtim.tv_sec) << name;
    EXPECT_EQ(one.st_mtim.tv_nsec, other.st_mtim.tv_nsec) << name;
  }
}

TEST_F(a_tree_copy, keeps_links_as_links_and_follows_none) {
  fs::create_symlink("../outside", from() / "link");
  fs::create_directory_symlink("/", from() / "root");
  fs::create_hard_link(from() / "a/b/file", from() / "a/same");
  ASSERT_TRUE(copy());
  EXPECT_EQ(fs::read_symlink(to() / "link"), "../outside");
  EXPECT_EQ(fs::read_symlink(to() / "root"), "/");
  EXPECT_EQ(look(to() / "a/same").st_ino, look(to() / "a/b/file").st_ino);
  EXPECT_NE(look(to() / "a/same").st_ino, look(from() / "a/same").st_ino);
  EXPECT_EQ(read(to() / "a/same"), "text");
}

TEST_F(a_tree_copy, keeps_holes) {
  constexpr off_t size = 64L * 1024 * 1024;
  {
    auto const file =
        system::open_at(AT_FDCWD, (from() / "sparse").string(), O_WRONLY | O_CREAT | O_EXCL, 0600);
    ASSERT_EQ(::ftruncate(file->get(), size), 0);
    ASSERT_EQ(::pwrite(file->get(), "end", 3, size / 2), 3);
  }
  ASSERT_TRUE(copy());
  auto const made = look(to() / "sparse");
  EXPECT_EQ(made.st_size, size);
  EXPECT_EQ(read(to() / "sparse").substr(static_cast<std::size_t>(size / 2), 3), "end");
  if (look(from() / "sparse").st_blocks * 512 < size / 2) {
    EXPECT_LT(made.st_blocks * 512, size / 2);
  }
}

TEST_F(a_tree_copy, leaves_out_what_is_excluded_and_names_what_cannot_be_copied) {
  fs::create_directories(from() / "node_modules/x");
  write("a/debug.log", "");
  ASSERT_EQ(::mkfifo((from() / "fifo").c_str(), 0600), 0);
  auto const done = copy({.exclude = {"node_modules", "a/*.log"}});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_FALSE(fs::exists(to() / "node_modules"));
  EXPECT_FALSE(fs::exists(to() / "a/debug.log"));
  EXPECT_TRUE(fs::exists(to() / "a/b/file"));
  EXPECT_EQ(done->left_out, std::vector<std::string>{"fifo"});
}

TEST_F(a_tree_copy, does_not_copy_the_place_that_it_is_copied_to) {
  fs::create_directories(from() / "places/deep");
  auto const places = system::open_at(AT_FDCWD, (from() / "places").string(), O_RDONLY | O_DIRECTORY);
  ASSERT_TRUE(places);
  auto const done = copy_tree(from().string(), places->get(), "to", {.never_enter = places->get()}, {},
                              [](copy_count const&) {});
  ASSERT_TRUE(done);
  EXPECT_TRUE(fs::exists(from() / "places/to/a/b/file"));
  EXPECT_FALSE(fs::exists(from() / "places/to/places"));
}

TEST_F(a_tree_copy, ends_soon_when_it_is_given_up) {
  for (int at = 0; at < 1000; ++at) write("file" + std::to_string(at), "x");
  auto const done = copy({.threads = 2}, [&](copy_count const&) { stop_.request_stop(); });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, error_code::cancelled);
}

TEST_F(a_tree_copy, says_what_is_too_deep) {
  auto deep = from();
  for (int level = 0; level < 140; ++level) deep /= "d";
  fs::create_directories(deep);
  EXPECT_EQ(copy().error().code, error_code::value_out_of_range);
}

}  // namespace
}  // namespace ostler::providers::local

// What is told of entries and directories.
#include "keeper/files/entry.hpp"

#include <set>
#include <sys/stat.h>

#include "keeper/files/test/workspace_fixture.hpp"

namespace ostler::keeper {
namespace {

namespace fs = std::filesystem;
using an_entry = test::with_a_workspace;
using a_directory = test::with_a_workspace;

listing_page page(workspace const& files, std::size_t limit, std::string const& after = {}) {
  auto made = listing::open(files, ".", limit, after);
  EXPECT_TRUE(made);
  for (;;) {
    auto const done = made->step();
    EXPECT_TRUE(done);
    if (!done || *done) return made->take();
  }
}

TEST_F(an_entry, is_told_with_kind_size_mode_and_where_a_link_points) {
  write(inside() / "file", "12345");
  ASSERT_EQ(::chmod((inside() / "file").c_str(), 0751), 0);
  fs::create_symlink("file", inside() / "link");
  auto const file = look(files_, "link", last_link::followed);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->kind, entry_kind::file);
  EXPECT_EQ(file->mode, 0751U);
  EXPECT_EQ(file->tag.size, 5U);
  EXPECT_GT(file->tag.mtime_ns, 0);
  auto const link = look(files_, "link", last_link::kept);
  ASSERT_TRUE(link);
  EXPECT_EQ(link->kind, entry_kind::link);
  EXPECT_EQ(link->target, "file");
  EXPECT_EQ(look(files_, ".", last_link::kept)->kind, entry_kind::directory);
  EXPECT_EQ(look(files_, "absent", last_link::kept).error().code, error_code::file_unknown);
}

TEST_F(an_entry, is_another_one_after_it_was_replaced) {
  write(inside() / "file", "12345");
  auto const before = look(files_, "file", last_link::kept)->tag;
  write(inside() / "other", "54321");
  fs::last_write_time(inside() / "other", fs::last_write_time(inside() / "file"));
  fs::rename(inside() / "other", inside() / "file");
  EXPECT_NE(look(files_, "file", last_link::kept)->tag, before);
}

TEST_F(a_directory, is_listed_sorted_and_page_by_page) {
  std::set<std::string> made = {"-rf", "new\nline", "\xff\xfe", std::string(255, 'n')};
  for (int at = 0; at < 500; ++at) made.insert(std::to_string(at));
  for (auto const& name : made) write(inside() / name, "");
  std::vector<std::string> seen;
  std::optional<std::string> next = "";
  int pages = 0;
  while (next) {
    auto const got = page(files_, 100, *next);
    EXPECT_LE(got.entries.size(), 100U);
    for (auto const& entry : got.entries) seen.push_back(entry.name);
    next = got.next;
    ++pages;
  }
  EXPECT_EQ(pages, 6);
  EXPECT_EQ(seen, std::vector<std::string>(made.begin(), made.end()));
}

TEST_F(a_directory, tells_every_kind_and_does_not_follow_links) {
  fs::create_directory(inside() / "directory");
  fs::create_symlink("../outside/secret", inside() / "link");
  ASSERT_EQ(::mkfifo((inside() / "pipe").c_str(), 0600), 0);
  auto const got = page(files_, 10);
  ASSERT_EQ(got.entries.size(), 3U);
  EXPECT_EQ(name_of(got.entries[0].info.kind), "directory");
  EXPECT_EQ(name_of(got.entries[1].info.kind), "link");
  EXPECT_EQ(got.entries[1].info.target, "../outside/secret");
  EXPECT_EQ(name_of(got.entries[2].info.kind), "fifo");
  EXPECT_FALSE(got.next);
}

TEST_F(a_directory, is_refused_when_it_is_none) {
  write(inside() / "file", "");
  EXPECT_EQ(listing::open(files_, "file", 10).error().code, error_code::file_unknown);
  EXPECT_EQ(listing::open(files_, "../outside", 10).error().code, error_code::path_refused);
}

}  // namespace
}  // namespace ostler::keeper

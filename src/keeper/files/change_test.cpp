// Directories made, entries removed, moved and given modes.
#include "keeper/files/change.hpp"

#include <sys/stat.h>

#include "keeper/files/test/swapper.hpp"
#include "keeper/files/test/workspace_fixture.hpp"

namespace ostler::keeper {
namespace {

namespace fs = std::filesystem;

class a_change : public test::with_each_resolver {};
INSTANTIATE_TEST_SUITE_P(each, a_change, testing::ValuesIn(test::both_resolvers), test::resolver_name);

error_code refusal(result<void> const& done) {
  EXPECT_FALSE(done);
  return done ? error_code::usage : done.error().code;
}

TEST_P(a_change, makes_one_directory_or_all_that_lead_to_it) {
  ASSERT_TRUE(make_directory(files_, "a"));
  EXPECT_EQ(refusal(make_directory(files_, "a")), error_code::file_exists);
  EXPECT_EQ(refusal(make_directory(files_, "b/c")), error_code::file_unknown);
  ASSERT_TRUE(make_directories(files_, "b/c/d/"));
  ASSERT_TRUE(make_directories(files_, "b/c/d"));
  EXPECT_TRUE(fs::is_directory(inside() / "b/c/d"));
  write(inside() / "file", "");
  EXPECT_FALSE(make_directories(files_, "file/d"));
  std::string deep;
  for (std::size_t at = 0; at <= parents_max; ++at) deep += "d/";
  EXPECT_EQ(refusal(make_directories(files_, deep)), error_code::value_out_of_range);
  EXPECT_FALSE(fs::exists(inside() / "d"));
}

TEST_P(a_change, makes_nothing_of_a_way_that_leads_out) {
  EXPECT_EQ(refusal(make_directories(files_, "new/../../x")), error_code::path_refused);
  EXPECT_EQ(refusal(make_directories(files_, "new/./../../x")), error_code::path_refused);
  EXPECT_FALSE(fs::exists(inside() / "new"));
  ASSERT_TRUE(make_directories(files_, "new/../other/x"));
  EXPECT_TRUE(fs::is_directory(inside() / "other/x"));
}

TEST_P(a_change, makes_directories_through_links_that_stay_only) {
  fs::create_directory(inside() / "a");
  fs::create_symlink("a", inside() / "stays");
  fs::create_symlink("../outside", inside() / "leaves");
  ASSERT_TRUE(make_directories(files_, "stays/b/c"));
  EXPECT_TRUE(fs::is_directory(inside() / "a/b/c"));
  EXPECT_EQ(refusal(make_directories(files_, "leaves/b/c")), error_code::path_refused);
  EXPECT_EQ(refusal(make_directories(files_, "stays/b/d", 0755, links::refused)), error_code::path_refused);
  expect_outside_untouched();
}

TEST_P(a_change, removes_files_links_and_empty_directories) {
  write(inside() / "file", "");
  fs::create_directories(inside() / "full/empty");
  fs::create_symlink("../outside/secret", inside() / "link");
  ASSERT_TRUE(remove_entry(files_, "file"));
  ASSERT_TRUE(remove_entry(files_, "link"));
  EXPECT_EQ(refusal(remove_entry(files_, "full")), error_code::file_exists);
  ASSERT_TRUE(remove_entry(files_, "full/empty/"));
  ASSERT_TRUE(remove_entry(files_, "full"));
  EXPECT_EQ(refusal(remove_entry(files_, "full")), error_code::file_unknown);
  EXPECT_EQ(refusal(remove_entry(files_, ".")), error_code::path_refused);
  EXPECT_TRUE(fs::is_empty(inside()));
  expect_outside_untouched();
}

TEST_P(a_change, moves_across_directories_and_replaces_only_when_told_so) {
  fs::create_directories(inside() / "a/b");
  write(inside() / "a/file", "moved");
  write(inside() / "there", "former");
  EXPECT_EQ(refusal(move_entry(files_, "a/file", "there", occupied::refused)), error_code::file_exists);
  ASSERT_TRUE(move_entry(files_, "a/file", "there", occupied::replaced));
  EXPECT_EQ(read(inside() / "there"), "moved");
  ASSERT_TRUE(move_entry(files_, "a", "c", occupied::refused));
  EXPECT_EQ(refusal(move_entry(files_, "c", "c/b/c", occupied::refused)), error_code::path_refused);
  EXPECT_EQ(refusal(move_entry(files_, "there", "../outside/there", occupied::replaced)),
            error_code::path_refused);
  EXPECT_EQ(refusal(move_entry(files_, "../outside/secret", "here", occupied::replaced)),
            error_code::path_refused);
  EXPECT_EQ(refusal(move_entry(files_, "there", "c", occupied::replaced)), error_code::file_exists);
  expect_outside_untouched();
}

TEST_P(a_change, sets_the_mode_but_never_setuid) {
  write(inside() / "file", "");
  ASSERT_TRUE(set_mode(files_, "file", 06755));
  struct stat seen{};
  ASSERT_EQ(::stat((inside() / "file").c_str(), &seen), 0);
  EXPECT_EQ(seen.st_mode & 07777U, 0755U);
  ASSERT_EQ(::mkfifo((inside() / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(refusal(set_mode(files_, "fifo", 0644)), error_code::path_refused);
}

TEST_P(a_change, stays_inside_while_somebody_swaps_a_directory_and_a_link) {
  {
    test::swapper const attacker(*this);
    for (int round = 0; round < 2000; ++round) {
      static_cast<void>(make_directories(files_, "door/x/y"));
      static_cast<void>(move_entry(files_, "door/x", "door/z", occupied::replaced));
      static_cast<void>(remove_entry(files_, "door/z/y"));
      static_cast<void>(remove_entry(files_, "door/secret"));
      static_cast<void>(set_mode(files_, "door/secret", 0777));
    }
  }
  expect_outside_untouched();
}

}  // namespace
}  // namespace ostler::keeper

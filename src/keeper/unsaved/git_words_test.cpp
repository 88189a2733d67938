#include "keeper/unsaved/git_words.hpp"

#include <gtest/gtest.h>

namespace ostler::keeper {
namespace {

using namespace std::string_view_literals;

TEST(what_git_says, is_read_with_any_name) {
  auto const changed = read_status(" M a b\0?? new\nline\0?? sub/\0AM both\0D  gone\0"sv);
  ASSERT_TRUE(changed);
  ASSERT_EQ(changed->size(), 5U);
  EXPECT_EQ((*changed)[0].path, "a b");
  EXPECT_FALSE((*changed)[0].only_staged());
  EXPECT_EQ((*changed)[1].path, "new\nline");
  EXPECT_TRUE((*changed)[1].untracked());
  EXPECT_FALSE((*changed)[1].closed_folder());
  EXPECT_TRUE((*changed)[2].closed_folder());
  EXPECT_TRUE((*changed)[3].only_staged());
  EXPECT_FALSE((*changed)[4].only_staged());
}

TEST(what_git_says, tells_checkouts_and_files_that_it_does_not_look_at) {
  auto const index = read_index(
      "H 100644 aa 0\tplain\0h 100644 bb 0\tquiet\0S 100755 cc 0\tskipped\0"
      "H 160000 dd 0\tsub\tmodule\0"sv);
  ASSERT_TRUE(index);
  ASSERT_EQ(index->size(), 4U);
  EXPECT_FALSE((*index)[0].not_looked_at);
  EXPECT_TRUE((*index)[1].not_looked_at);
  EXPECT_TRUE((*index)[2].not_looked_at);
  EXPECT_TRUE((*index)[3].is_checkout);
  EXPECT_EQ((*index)[3].path, "sub\tmodule");
  EXPECT_EQ((*index)[3].object, "dd");
}

TEST(what_git_says, is_refused_when_it_makes_no_sense) {
  EXPECT_FALSE(read_status("M"sv));
  EXPECT_FALSE(read_status("fatal: no\0"sv));
  EXPECT_FALSE(read_index("H 100644 aa 0\0"sv));
  EXPECT_FALSE(read_index("H 1 aa 0\ta\0"sv));
  EXPECT_TRUE(read_status("")->empty());
}

TEST(what_git_says, comes_as_lines_of_a_word_and_a_rest) {
  auto const lines = read_lines("aa refs/heads/main\nbb missing\n");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].word, "aa");
  EXPECT_EQ(lines[0].rest, "refs/heads/main");
  EXPECT_EQ(lines[1].rest, "missing");
}

}  // namespace
}  // namespace ostler::keeper

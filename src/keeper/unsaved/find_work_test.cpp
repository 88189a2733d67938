#include "keeper/unsaved/find_work.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "keeper/unsaved/test/places.hpp"
#include "system/content.hpp"
#include "system/fd.hpp"
#include "system/files.hpp"

namespace ostler::keeper {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class a_look_for_work : public testing::Test, protected test::places {};

// --- copies that are no checkouts ---

TEST_F(a_look_for_work, finds_nothing_in_a_copy_that_nobody_touched) {
  write(project() / "a", "a");
  write(project() / "sub/b", "b");
  fs::create_symlink("a", project() / "link");
  copy_project();
  EXPECT_THAT(look_at_copy(), IsEmpty());
}

TEST_F(a_look_for_work, finds_what_is_new_or_differs_in_a_copy) {
  write(project() / "same", "a");
  write(project() / "changed", "a");
  write(project() / "gone", "a");
  copy_project();
  write(work() / "changed", "b");
  write(work() / "sub/new one", "b");
  fs::remove(work() / "gone");
  fs::create_directories(work() / "nothing in it");
  ASSERT_EQ(::mkfifo((work() / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(look_at_copy(), ElementsAre("differs: changed", HasSubstr("new: sub/new ")));
}

TEST_F(a_look_for_work, finds_everything_when_the_project_has_gone) {
  write(project() / "a", "a");
  copy_project();
  fs::remove_all(project());
  EXPECT_THAT(look_at_copy(), ElementsAre("new: a"));
}

TEST_F(a_look_for_work, does_not_compare_a_file_with_itself_by_a_link_of_the_project) {
  fs::create_directories(project() / "sub");
  copy_project();
  write(work() / "sub/only here", "work");
  fs::remove(project() / "sub");
  fs::create_symlink(work() / "sub", project() / "sub");
  EXPECT_THAT(look_at_copy(), ElementsAre("new: sub/only here"));
}

// --- empty places ---

TEST_F(a_look_for_work, finds_every_file_in_an_empty_place) {
  write(work() / "sub/a", "a");
  fs::create_symlink("nowhere", work() / "link");
  EXPECT_THAT(look_at_empty(), ElementsAre("new: link", "new: sub/a"));
}

TEST_F(a_look_for_work, does_not_count_what_was_put_there_and_stands_unchanged) {
  write(work() / ".env", "A=1");
  write(work() / "config/deep", "x");
  fs::create_symlink("deep", work() / "config/link");
  auto const top = system::open_at(AT_FDCWD, work().string(), O_RDONLY | O_DIRECTORY);
  auto const config = system::open_at(AT_FDCWD, (work() / "config").string(), O_RDONLY | O_DIRECTORY);
  put = {{".env", *system::content_mark(top->get(), ".env")},
         {"config/deep", *system::content_mark(config->get(), "deep")},
         {"config/link", *system::content_mark(config->get(), "link")}};
  EXPECT_THAT(look_at_empty(), IsEmpty());
  write(work() / ".env", "A=2");
  write(work() / "config/more", "x");
  EXPECT_THAT(look_at_empty(), ElementsAre("new: .env", "new: config/more"));
}

TEST_F(a_look_for_work, does_not_count_what_was_put_into_a_checkout_either) {
  commit_project();
  git(base(), "clone project work");
  write(work() / ".env", "A=1");
  auto const top = system::open_at(AT_FDCWD, work().string(), O_RDONLY | O_DIRECTORY);
  put = {{".env", *system::content_mark(top->get(), ".env")}};
  EXPECT_THAT(look_at_empty(), IsEmpty());
}

TEST_F(a_look_for_work, fails_when_the_list_of_what_was_put_is_damaged) {
  fs::create_directories(work());
  write(base() / "list", "nonsense");
  auto damaged = order("");
  damaged.put = (base() / "list").string();
  EXPECT_FALSE(find_work(damaged));
}

// --- checkouts ---

TEST_F(a_look_for_work, finds_nothing_in_a_checkout_that_was_only_copied) {
  commit_project();
  write(project() / "a", "changed before");
  write(project() / "new", "new before");
  fs::remove(project() / "sub/b");
  git(project(), "stash push -- a");
  write(project() / "a", "changed again");
  copy_project();
  EXPECT_THAT(look_at_copy(), IsEmpty());
  // What the project does afterwards is no work in the copy.
  git(project(), "add -A");
  git(project(), "commit -m second");
  EXPECT_THAT(look_at_copy(), IsEmpty());
}

TEST_F(a_look_for_work, finds_what_is_not_committed_but_not_what_git_is_told_to_ignore) {
  commit_project();
  copy_project();
  write(work() / "a", "b");
  write(work() / "sub/new\nname", "new");
  write(work() / "built/out", "made again by a build");
  fs::remove(work() / "sub/b");
  EXPECT_THAT(look_at_copy(), UnorderedElementsAre("not committed: a", "not committed: sub/b",
                                                   HasSubstr("not committed: 'sub/new")));
}

TEST_F(a_look_for_work, finds_commits_that_the_project_does_not_have) {
  commit_project();
  copy_project();
  git(work(), "checkout -b topic");
  git(work(), "commit --allow-empty -m topic");
  git(work(), "checkout main");
  EXPECT_THAT(look_at_copy(), ElementsAre("commits of topic"));
  git(project(), "fetch ../work topic:topic");
  EXPECT_THAT(look_at_copy(), IsEmpty());
  git(work(), "checkout --detach");
  git(work(), "commit --allow-empty -m detached");
  EXPECT_THAT(look_at_copy(), ElementsAre("commits of HEAD"));
}

TEST_F(a_look_for_work, finds_each_stash) {
  commit_project();
  copy_project();
  write(work() / "a", "b");
  git(work(), "stash");
  EXPECT_THAT(look_at_copy(), ElementsAre("commits of stash"));
  write(work() / "a", "c");
  git(work(), "stash");
  // The newest one stands in the project too, the other one here only.
  git(project(), "fetch ../work refs/stash:refs/heads/newest");
  EXPECT_THAT(look_at_copy(), ElementsAre("commits of stash"));
  git(work(), "branch older stash@{1}");
  git(project(), "fetch ../work older:older");
  EXPECT_THAT(look_at_copy(), IsEmpty());
}

TEST_F(a_look_for_work, finds_what_stands_in_the_index_only) {
  commit_project();
  copy_project();
  write(work() / "a", "staged");
  git(work(), "add a");
  write(work() / "a", "a");
  EXPECT_THAT(look_at_copy(), ElementsAre("staged: a"));
}

TEST_F(a_look_for_work, finds_what_git_was_told_not_to_look_at) {
  commit_project();
  copy_project();
  git(work(), "update-index --assume-unchanged a");
  git(work(), "update-index --skip-worktree sub/b");
  EXPECT_THAT(look_at_copy(), IsEmpty());
  write(work() / "a", "work");
  write(work() / "sub/b", "work");
  EXPECT_THAT(look_at_copy(), ElementsAre("hidden from git: a", "hidden from git: sub/b"));
}

TEST_F(a_look_for_work, finds_in_a_clone_what_no_remote_has) {
  commit_project();
  git(base(), "clone project work");
  EXPECT_THAT(look_at_empty(), IsEmpty());
  git(work(), "commit --allow-empty -m mine");
  EXPECT_THAT(look_at_empty(), ElementsAre("commits of main"));
  git(work(), "push origin main:theirs");
  EXPECT_THAT(look_at_empty(), IsEmpty());
}

TEST_F(a_look_for_work, takes_commits_that_were_pushed_from_a_copy_for_safe) {
  commit_project();
  git(base(), "clone --bare project remote.git");
  git(project(), "remote add origin ../remote.git");
  copy_project();
  git(work(), "commit --allow-empty -m mine");
  EXPECT_THAT(look_at_copy(), ElementsAre("commits of main"));
  git(work(), "push origin main");
  EXPECT_THAT(look_at_copy(), IsEmpty());
}

TEST_F(a_look_for_work, looks_into_checkouts_within) {
  commit_project();
  fs::create_directories(work());
  git(work(), "clone ../project inner");
  EXPECT_THAT(look_at_empty(), IsEmpty());
  git(work() / "inner", "commit --allow-empty -m mine");
  write(work() / "inner/new", "new");
  EXPECT_THAT(look_at_empty(), ElementsAre("not committed: inner/new", "commits of main in inner"));
}

TEST_F(a_look_for_work, looks_into_parts_that_are_checkouts_of_their_own) {
  commit_project();
  fs::rename(project(), base() / "part");
  fs::create_directories(project());
  write(project() / "own", "own");
  git(project(), "init");
  git(project(), "submodule add ../part part");
  git(project(), "add -A");
  git(project(), "commit -m whole");
  copy_project();
  EXPECT_THAT(look_at_copy(), IsEmpty());
  write(work() / "part/a", "changed");
  git(work() / "part", "commit --allow-empty -m mine");
  EXPECT_THAT(look_at_copy(), ElementsAre("not committed: part/a", "commits of main in part"));
}

TEST_F(a_look_for_work, compares_files_where_git_knows_no_repository) {
  write(project() / "a", "a");
  write(project() / ".git/HEAD", "nonsense");
  copy_project();
  EXPECT_THAT(look_at_copy(), IsEmpty());
  write(work() / ".git/HEAD", "other nonsense");
  EXPECT_THAT(look_at_copy(), ElementsAre("differs: .git/HEAD"));
}

TEST_F(a_look_for_work, changes_nothing) {
  commit_project();
  copy_project();
  // Everything is to be read anew, so git would like to write down what it saw.
  auto const before = read(work() / ".git/index");
  auto const written = fs::last_write_time(work() / ".git/index");
  write(work() / "a", "b");
  EXPECT_THAT(look_at_copy(), ElementsAre("not committed: a"));
  EXPECT_EQ(read(work() / ".git/index"), before);
  EXPECT_EQ(fs::last_write_time(work() / ".git/index"), written);
}

TEST_F(a_look_for_work, fails_rather_than_believe_a_damaged_repository) {
  commit_project();
  copy_project();
  write(work() / ".git/index", "nonsense");
  EXPECT_THAT(refused(project().string()), HasSubstr("git cannot say what has changed"));
}

TEST_F(a_look_for_work, counts_what_it_does_not_name) {
  for (int i = 0; i < 250; ++i) write(work() / fmt::format("{}", i), "x");
  auto const found = find_work(order(""));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->count, 250U);
  EXPECT_EQ(found->what.size(), 200U);
}

}  // namespace
}  // namespace ostler::keeper

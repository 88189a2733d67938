// Paths that stay and paths that leave, resolved by the kernel and by the walk.
#include "keeper/files/workspace.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper/files/test/swapper.hpp"
#include "keeper/files/test/workspace_fixture.hpp"

namespace ostler::keeper {
namespace {

namespace fs = std::filesystem;

class a_workspace : public test::with_each_resolver {
 protected:
  void make_some_files() const {
    fs::create_directories(inside() / "a/b");
    write(inside() / "a/b/file", "inside");
  }
};
INSTANTIATE_TEST_SUITE_P(each, a_workspace, testing::ValuesIn(test::both_resolvers), test::resolver_name);

std::string content(result<system::fd> const& opened) {
  if (!opened) return opened.error().message;
  char text[100];
  auto const got = ::read(opened->get(), text, sizeof(text));
  return got < 0 ? "unreadable" : std::string(text, static_cast<std::size_t>(got));
}

error_code refusal(result<system::fd> const& opened) {
  EXPECT_FALSE(opened);
  return opened ? error_code::usage : opened.error().code;
}

TEST_P(a_workspace, uses_the_resolver_it_was_told_to) { EXPECT_EQ(files_.resolved_by(), GetParam()); }

TEST_P(a_workspace, opens_what_lies_beneath_under_each_way_to_write_it) {
  make_some_files();
  for (std::string const path : {"a/b/file", "./a//b/./file", "a/../a/b/../b/file", "a/b/../../a/b/file"})
    EXPECT_EQ(content(files_.open_beneath(path, O_RDONLY)), "inside") << path;
  EXPECT_EQ(content(files_.open_beneath(inside().string() + "/a/b/file", O_RDONLY)), "inside");
  for (std::string const path : {"", ".", "./", "a/..", "a/../", "a/b/../..", "a/b/"})
    EXPECT_TRUE(files_.open_beneath(path, O_PATH | O_DIRECTORY)) << path;
}

TEST_P(a_workspace, refuses_what_leaves_it) {
  make_some_files();
  auto const neighbour = outside().string() + "/secret";
  for (std::string const& path :
       {std::string("../outside/secret"), std::string("a/../../outside/secret"), std::string(".."),
        std::string("a/b/../../.."), neighbour, std::string("/"), std::string("/etc/passwd"),
        inside().string() + "2", inside().string() + "/../outside/secret"})
    EXPECT_EQ(refusal(files_.open_beneath(path, O_RDONLY)), error_code::path_refused) << path;
  EXPECT_EQ(refusal(files_.open_beneath(std::string_view("a\0b", 3), O_RDONLY)), error_code::path_refused);
  EXPECT_EQ(refusal(files_.open_beneath(std::string(5000, 'x'), O_RDONLY)), error_code::value_out_of_range);
  EXPECT_EQ(refusal(files_.open_beneath("a/absent", O_RDONLY)), error_code::file_unknown);
  EXPECT_EQ(refusal(files_.open_beneath("a/b/file/x", O_RDONLY)), error_code::file_unknown);
}

TEST_P(a_workspace, follows_links_that_stay) {
  make_some_files();
  fs::create_symlink("a/b", inside() / "short");
  fs::create_symlink("short/file", inside() / "chained");
  fs::create_symlink("../b/../b/file", inside() / "a/b/up");
  fs::create_symlink(inside() / "a/b/", inside() / "absolute");
  fs::create_symlink(inside(), inside() / "a/root");
  for (std::string const path : {"short/file", "chained", "a/b/up", "absolute/file", "absolute/up",
                                 "a/root/a/root/chained", "short/../b/file"})
    EXPECT_EQ(content(files_.open_beneath(path, O_RDONLY)), "inside") << path;
  struct stat seen{};
  auto const link = files_.open_beneath("chained", O_PATH | O_NOFOLLOW);
  ASSERT_TRUE(link);
  ASSERT_EQ(::fstat(link->get(), &seen), 0);
  EXPECT_TRUE(S_ISLNK(seen.st_mode));
}

TEST_P(a_workspace, refuses_links_that_leave_and_links_without_end) {
  make_some_files();
  fs::create_symlink("../outside/secret", inside() / "relative");
  fs::create_symlink(outside(), inside() / "absolute");
  fs::create_symlink("../../..", inside() / "a/above");
  fs::create_symlink("loop", inside() / "loop");
  fs::create_symlink("/proc/self/root", inside() / "magic");
  for (std::string const path :
       {"relative", "absolute", "absolute/secret", "a/above", "a/above/outside/secret", "loop", "magic/etc"})
    EXPECT_EQ(refusal(files_.open_beneath(path, O_RDONLY)), error_code::path_refused) << path;
  EXPECT_EQ(refusal(files_.open_beneath("relative", O_WRONLY | O_CREAT, 0600)), error_code::path_refused);
  EXPECT_EQ(refusal(files_.open_beneath("relative", O_PATH)), error_code::path_refused);
  expect_outside_untouched();
}

TEST_P(a_workspace, follows_forty_links_and_no_more) {
  make_some_files();
  fs::create_symlink("a/b/file", inside() / "1");
  for (int at = 2; at <= 41; ++at) fs::create_symlink(std::to_string(at - 1), inside() / std::to_string(at));
  EXPECT_EQ(content(files_.open_beneath("40", O_RDONLY)), "inside");
  EXPECT_EQ(refusal(files_.open_beneath("41", O_RDONLY)), error_code::path_refused);
}

TEST_P(a_workspace, refuses_all_links_when_told_so) {
  make_some_files();
  fs::create_symlink("a", inside() / "link");
  EXPECT_EQ(refusal(files_.open_beneath("link/b/file", O_RDONLY, 0, links::refused)),
            error_code::path_refused);
  EXPECT_EQ(content(files_.open_beneath("a/b/file", O_RDONLY, 0, links::refused)), "inside");
}

TEST_P(a_workspace, creates_where_a_dangling_link_points_when_that_is_inside) {
  make_some_files();
  fs::create_symlink("a/new", inside() / "dangling");
  EXPECT_TRUE(files_.open_beneath("dangling", O_WRONLY | O_CREAT, 0600));
  EXPECT_TRUE(fs::exists(inside() / "a/new"));
  EXPECT_EQ(refusal(files_.open_beneath("dangling", O_WRONLY | O_CREAT | O_EXCL, 0600)),
            error_code::file_exists);
}

TEST_P(a_workspace, opens_regular_files_only_and_never_waits) {
  make_some_files();
  ASSERT_EQ(::mkfifo((inside() / "fifo").c_str(), 0600), 0);
  fs::create_symlink("fifo", inside() / "link");
  for (std::string const path : {"fifo", "link", "a"})
    for (int const flags : {O_RDONLY, O_WRONLY, O_RDWR})
      EXPECT_EQ(refusal(files_.open_regular(path, flags)), error_code::path_refused) << path;
  EXPECT_EQ(content(files_.open_regular("a/b/file", O_RDONLY)), "inside");
}

TEST_P(a_workspace, takes_names_of_any_bytes) {
  for (std::string const& name : {std::string("new\nline"), std::string("-rf"), std::string("\xff\xfe"),
                                  std::string(255, 'n'), std::string("..."), std::string("a b")}) {
    EXPECT_TRUE(files_.open_beneath(name, O_WRONLY | O_CREAT | O_EXCL, 0600)) << name;
    EXPECT_TRUE(fs::exists(inside() / name));
  }
  EXPECT_EQ(refusal(files_.open_beneath(std::string(256, 'n'), O_RDONLY)), error_code::value_out_of_range);
}

TEST_P(a_workspace, says_in_which_directory_a_name_lies) {
  make_some_files();
  fs::create_symlink("a/b", inside() / "short");
  fs::create_symlink("../short/new", inside() / "a/link");
  fs::create_symlink("../outside/new", inside() / "leaves");
  auto const followed = files_.place_of("a/link", last_link::followed);
  ASSERT_TRUE(followed);
  EXPECT_EQ(followed->name, "new");
  EXPECT_EQ(files_.place_of("a/link", last_link::kept)->name, "link");
  EXPECT_EQ(files_.place_of("leaves", last_link::followed).error().code, error_code::path_refused);
  EXPECT_EQ(files_.place_of("leaves", last_link::kept)->name, "leaves");
  for (std::string const path : {"", ".", "..", "a/.", "a/..", "a/../..", inside().c_str()})
    EXPECT_EQ(files_.place_of(path, last_link::kept).error().code, error_code::path_refused) << path;
}

TEST_P(a_workspace, can_have_a_root_below_its_own) {
  make_some_files();
  auto const below = files_.beneath("a");
  ASSERT_TRUE(below);
  EXPECT_EQ(content(below->open_beneath("b/file", O_RDONLY)), "inside");
  EXPECT_EQ(content(below->open_beneath(inside().string() + "/a/b/file", O_RDONLY)), "inside");
  EXPECT_EQ(refusal(below->open_beneath("../a/b/file", O_RDONLY)), error_code::path_refused);
}

TEST_P(a_workspace, walks_back_and_forth_only_so_far) {
  make_some_files();
  std::string path;
  while (path.size() < path_length_max - 10) path += "a/b/../../";
  EXPECT_TRUE(files_.open_beneath(path, O_PATH | O_DIRECTORY));
}

TEST_P(a_workspace, is_not_left_while_somebody_swaps_a_directory_and_a_link) {
  test::swapper const attacker(*this);
  int stayed = 0;
  for (int round = 0; round < 5000; ++round) {
    auto const read = files_.open_beneath("door/secret", O_RDONLY);
    if (read) {
      EXPECT_EQ(content(read), "inside!");
      ++stayed;
    }
    auto const around = files_.open_beneath("door/../door/secret", O_RDONLY);
    if (around) EXPECT_EQ(content(around), "inside!");
    static_cast<void>(files_.open_beneath("door/new", O_WRONLY | O_CREAT, 0600));
  }
  EXPECT_GT(stayed, 0);
  expect_outside_untouched();
}

}  // namespace
}  // namespace ostler::keeper

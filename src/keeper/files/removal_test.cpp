// Trees removed, also deep ones, ones with mounts inside, and ones that somebody changes meanwhile.
#include "keeper/files/removal.hpp"

#include <atomic>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "keeper/files/pending_file.hpp"
#include "keeper/files/test/swapper.hpp"
#include "keeper/files/test/workspace_fixture.hpp"

namespace ostler::keeper {
namespace {

namespace fs = std::filesystem;

result<void> remove_all(workspace const& files, std::string const& path) {
  auto work = open_removal(files, path);
  if (!work) return std::unexpected(work.error());
  for (;;) {
    auto const done = work->step();
    if (!done) return std::unexpected(done.error());
    if (*done) return {};
  }
}

class a_removal : public test::with_each_resolver {};
INSTANTIATE_TEST_SUITE_P(each, a_removal, testing::ValuesIn(test::both_resolvers), test::resolver_name);

TEST_P(a_removal, takes_a_tree_and_leaves_what_its_links_point_to) {
  for (int at = 0; at < 300; ++at) {
    auto const folder = inside() / "tree" / std::to_string(at % 10) / std::to_string(at);
    fs::create_directories(folder);
    write(folder / "new\nline", "");
    fs::create_symlink(outside(), folder / "-rf");
  }
  write(inside() / "kept", "");
  auto work = open_removal(files_, "tree");
  ASSERT_TRUE(work);
  int steps = 1;
  for (auto done = work->step(); !done.value(); done = work->step()) ++steps;
  EXPECT_GT(steps, 1);
  EXPECT_EQ(work->removed(), 300U * 3 + 10 + 1);
  EXPECT_FALSE(fs::exists(inside() / "tree"));
  EXPECT_TRUE(fs::exists(inside() / "kept"));
  expect_outside_untouched();
}

TEST_P(a_removal, takes_a_file_or_a_link_as_well) {
  write(inside() / "file", "");
  fs::create_symlink("../outside", inside() / "link");
  EXPECT_TRUE(remove_all(files_, "file"));
  EXPECT_TRUE(remove_all(files_, "link"));
  EXPECT_EQ(remove_all(files_, "link").error().code, error_code::file_unknown);
  EXPECT_EQ(remove_all(files_, ".").error().code, error_code::path_refused);
  EXPECT_EQ(remove_all(files_, "../outside").error().code, error_code::path_refused);
  expect_outside_untouched();
}

// `deep` with that many directories below each other, and a file in the last. False when somebody was in the
// way.
bool make_deep(fs::path const& at, int depth) {
  system::fd here(::open(at.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  for (int level = 0; level < depth; ++level) {
    auto const* name = level == 0 ? "deep" : "d";
    if (::mkdirat(here.get(), name, 0755) != 0) return false;
    here.reset(::openat(here.get(), name, O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  system::fd const file(::openat(here.get(), "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  return static_cast<bool>(file);
}

TEST(a_deep_removal, goes_down_ten_thousand_levels) {
  test::temporary_place const at;
  auto const files = workspace::open(at.inside().string()).value();
  constexpr int depth = 10'000;
  ASSERT_TRUE(make_deep(at.inside(), depth));
  auto work = open_removal(files, "deep");
  ASSERT_TRUE(work);
  for (;;) {
    auto const done = work->step();
    ASSERT_TRUE(done) << done.error().message;
    if (*done) break;
  }
  EXPECT_EQ(work->removed(), static_cast<unsigned>(depth) + 1);
  EXPECT_TRUE(fs::is_empty(at.inside()));
}

TEST_P(a_removal, finds_its_way_when_a_deep_part_is_moved_away_under_it) {
  constexpr int depth = 100;
  ASSERT_TRUE(make_deep(inside(), depth));
  fs::create_directory(inside() / "elsewhere");
  write(inside() / "elsewhere/kept", "");
  auto const middle = inside() / "deep/d/d/d";
  std::atomic<bool> ended = false;
  // Back and forth, so that ".." leads to another directory in the middle of the work.
  std::jthread const mover([&] {
    while (!ended) {
      ::renameat2(AT_FDCWD, middle.c_str(), AT_FDCWD, (inside() / "elsewhere/moved").c_str(), 0);
      ::renameat2(AT_FDCWD, (inside() / "elsewhere/moved").c_str(), AT_FDCWD, middle.c_str(), 0);
    }
  });
  for (int round = 0; round < 20; ++round) {
    auto const done = remove_all(files_, "deep");
    if (!done) EXPECT_EQ(done.error().code, error_code::system_exhausted) << done.error().message;
    EXPECT_TRUE(fs::exists(inside() / "elsewhere/kept"));
    static_cast<void>(make_deep(inside(), depth));
  }
  ended = true;
  expect_outside_untouched();
}

TEST_P(a_removal, stays_inside_while_somebody_swaps_a_directory_and_a_link) {
  {
    test::swapper const attacker(*this);
    for (int round = 0; round < 2000; ++round) {
      std::error_code ignored;
      fs::create_directories(inside() / "door/tree/a/b", ignored);
      static_cast<void>(remove_all(files_, "door/secret"));
      static_cast<void>(remove_all(files_, "door/tree"));
      static_cast<void>(remove_all(files_, "door"));
      if (round % 10 != 0) continue;
      fs::create_directory(inside() / "door", ignored);
    }
  }
  EXPECT_EQ(read(outside() / "secret"), "kept outside");
}

// In a child with mounts of its own, so that nothing is left mounted. The child answers with what it could
// not do.
enum class answer : int { fine, mounts_not_permitted, not_refused, outside_lost, moved_across };

void* const no_data = nullptr;

answer try_mounts(test::temporary_place const& at, workspace::resolver by) {
  if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, no_data) != 0)
    return answer::mounts_not_permitted;
  fs::create_directories(at.inside() / "tree/bound");
  fs::create_directories(at.inside() / "tree/memory");
  // The bind mount has the same device number as the tree.
  if (::mount(at.outside().c_str(), (at.inside() / "tree/bound").c_str(), nullptr, MS_BIND, no_data) != 0 ||
      ::mount("none", (at.inside() / "tree/memory").c_str(), "tmpfs", 0, no_data) != 0)
    return answer::mounts_not_permitted;
  at.write(at.inside() / "tree/memory/kept", "x");
  at.write(at.inside() / "file", "x");
  auto const files = workspace::open(at.inside().string(), by);
  for (std::string const path : {"tree/bound", "tree/memory", "tree"}) {
    auto const done = remove_all(*files, path);
    if (done || done.error().code != error_code::not_permitted) return answer::not_refused;
  }
  if (!fs::exists(at.inside() / "tree/memory/kept") || !fs::exists(at.outside() / "secret"))
    return answer::outside_lost;
  place const from = files->place_of("file", last_link::kept).value();
  place const to = files->place_of("tree/memory/file", last_link::kept).value();
  auto const moved = rename_entry(from, to, occupied::refused);
  if (moved || moved.error().code != error_code::feature_missing) return answer::moved_across;
  return answer::fine;
}

TEST_P(a_removal, does_not_enter_what_is_mounted_inside) {
  auto const child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(static_cast<int>(try_mounts(*this, GetParam())));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == static_cast<int>(answer::mounts_not_permitted))
    GTEST_SKIP() << "this machine does not let the test mount anything";
  EXPECT_EQ(WEXITSTATUS(status), static_cast<int>(answer::fine));
  expect_outside_untouched();
}

}  // namespace
}  // namespace ostler::keeper

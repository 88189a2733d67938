// Changes in a real tree, told by the real loop.
#include "keeper/files/tree_watch.hpp"

#include <algorithm>
#include <sys/eventfd.h>

#include "keeper/files/test/workspace_fixture.hpp"
#include "keeper/files/writer.hpp"
#include "system/clock.hpp"

namespace ostler::keeper {
namespace {

namespace fs = std::filesystem;
using enum change_kind;

class a_tree_watch : public test::with_a_workspace {
 protected:
  a_tree_watch() : woken_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), woken_(running_) {
    EXPECT_TRUE(woken_.join(woken_fd_.get(), EPOLLIN, [this](std::uint32_t) {
      eventfd_t count = 0;
      ::eventfd_read(woken_fd_.get(), &count);
    }));
  }
  watch_listener listener() {
    return {.changed =
                [this](auto events) {
                  seen_.insert(seen_.end(), events.begin(), events.end());
                  wake();
                },
            .ended =
                [this](error const& why) {
                  ended_ = why;
                  wake();
                }};
  }
  // A turn of the loop calls first and then waits; what was called lets it go on.
  void wake() const { ::eventfd_write(woken_fd_.get(), 1); }
  void begin(std::string const& path = ".", watch_options options = {}) {
    auto made = tree_watch::open(running_, files_, path, options, listener());
    ASSERT_TRUE(made) << made.error().message;
    watch_ = std::move(*made);
    ASSERT_TRUE(wait_for({.kind = ready}));
  }
  template <class Condition> bool wait_until(Condition met) {
    bool late = false;
    alarm deadline(running_, [&] {
      late = true;
      wake();
    });
    deadline.set(system::now() + 20s);
    while (!met() && !late) running_.run_once(true);
    return met();
  }
  bool told(change_event const& event) const { return std::ranges::find(seen_, event) != seen_.end(); }
  bool wait_for(change_event const& event) {
    return wait_until([&] { return told(event); });
  }
  // Everything before it has been told when this has.
  void wait_for_mark() {
    write(inside() / "mark", "");
    EXPECT_TRUE(wait_for({.kind = created, .path = "mark"}));
  }

  loop running_;
  system::fd woken_fd_;
  watch woken_;
  std::vector<change_event> seen_;
  std::optional<error> ended_;
  std::unique_ptr<tree_watch> watch_;
};

TEST_F(a_tree_watch, tells_what_is_made_changed_moved_and_removed) {
  fs::create_directories(inside() / "a/b");
  write(inside() / "a/b/old", "");
  begin();
  EXPECT_EQ(watch_->watches(), 3U);
  EXPECT_EQ(seen_.size(), 1U);
  write(inside() / "a/b/new\nline", "x");
  EXPECT_TRUE(wait_for({.kind = created, .path = "a/b/new\nline"}));
  write(inside() / "a/b/old", "changed");
  EXPECT_TRUE(wait_for({.kind = changed, .path = "a/b/old"}));
  fs::rename(inside() / "a/b/old", inside() / "moved");
  EXPECT_TRUE(wait_for({.kind = moved, .path = "moved", .from = "a/b/old"}));
  fs::remove(inside() / "moved");
  EXPECT_TRUE(wait_for({.kind = removed, .path = "moved"}));
}

TEST_F(a_tree_watch, joins_what_belongs_together) {
  begin();
  for (int at = 0; at < 100; ++at) std::ofstream(inside() / "file", std::ios::app) << at;
  auto made = writer::open(files_, "saved");
  ASSERT_TRUE(made->push(as_bytes("x")));
  ASSERT_TRUE(made->finish());
  wait_for_mark();
  EXPECT_LE(std::ranges::count(seen_, std::string("file"), &change_event::path), 5);
  EXPECT_EQ(std::ranges::count(seen_, std::string("saved"), &change_event::path), 1);
}

TEST_F(a_tree_watch, watches_new_directories_with_all_that_is_in_them_already) {
  begin();
  fs::create_directories(inside() / "n/e/w");
  write(inside() / "n/e/w/first", "");
  EXPECT_TRUE(wait_for({.kind = created, .path = "n/e/w/first"}));
  write(inside() / "n/e/w/second", "");
  EXPECT_TRUE(wait_for({.kind = created, .path = "n/e/w/second"}));
}

TEST_F(a_tree_watch, loses_no_file_of_directories_that_come_quickly) {
  begin();
  for (int at = 0; at < 200; ++at) {
    auto const folder = inside() / std::to_string(at) / "deep";
    fs::create_directories(folder);
    write(folder / "file", "");
    // In the middle of being made some are seen by the event, some by the scan.
    running_.run_once(false);
  }
  EXPECT_TRUE(wait_until([&] {
    for (int at = 0; at < 200; ++at)
      if (!told({.kind = created, .path = std::to_string(at) + "/deep/file"})) return false;
    return true;
  }));
}

TEST_F(a_tree_watch, follows_a_directory_that_is_moved_within_and_leaves_one_that_is_moved_out) {
  fs::create_directories(inside() / "a/deep");
  fs::create_directories(inside() / "b");
  begin();
  fs::rename(inside() / "a", inside() / "b/c");
  EXPECT_TRUE(wait_for({.kind = moved, .path = "b/c", .from = "a"}));
  write(inside() / "b/c/deep/file", "");
  EXPECT_TRUE(wait_for({.kind = created, .path = "b/c/deep/file"}));
  auto const away = outside().parent_path() / "away";
  fs::rename(inside() / "b/c", away);
  EXPECT_TRUE(wait_for({.kind = removed, .path = "b/c"}));
  EXPECT_EQ(watch_->watches(), 2U);
  seen_.clear();
  write(away / "deep/secret", "");
  wait_for_mark();
  EXPECT_EQ(seen_.size(), 1U);
}

TEST_F(a_tree_watch, tells_of_one_file_also_after_it_was_replaced) {
  write(inside() / "file", "");
  begin("file");
  for (int round = 0; round < 2; ++round) {
    seen_.clear();
    write(inside() / "other", "new");
    fs::rename(inside() / "other", inside() / "file");
    EXPECT_TRUE(wait_until([&] { return !seen_.empty(); }));
    for (auto const& event : seen_) EXPECT_EQ(event.path, "file");
  }
}

TEST_F(a_tree_watch, does_not_go_deeper_than_it_is_told) {
  fs::create_directories(inside() / "a/b");
  begin("a", {.below = watch_options::depth::one});
  write(inside() / "a/b/file", "");
  write(inside() / "a/file", "");
  EXPECT_TRUE(wait_for({.kind = created, .path = "a/file"}));
  EXPECT_FALSE(told({.kind = created, .path = "a/b/file"}));
}

TEST_F(a_tree_watch, says_when_there_are_too_many_directories) {
  for (int at = 0; at < 10; ++at) fs::create_directories(inside() / std::to_string(at));
  auto made = tree_watch::open(running_, files_, ".", {.watches_max = 5}, listener());
  ASSERT_TRUE(made);
  ASSERT_TRUE(wait_until([&] { return ended_.has_value(); }));
  EXPECT_EQ(ended_->code, error_code::value_out_of_range);
}

TEST_F(a_tree_watch, says_that_all_must_be_read_again_when_too_much_happens) {
  begin();
  for (int at = 0; at < 6000; ++at) write(inside() / std::to_string(at), "");
  EXPECT_TRUE(wait_for({.kind = overflow}));
}

TEST_F(a_tree_watch, ends_when_what_it_watches_is_gone) {
  fs::create_directories(inside() / "a");
  begin("a");
  fs::remove(inside() / "a");
  ASSERT_TRUE(wait_until([&] { return ended_.has_value(); }));
  EXPECT_EQ(ended_->code, error_code::file_unknown);
  EXPECT_TRUE(told({.kind = removed, .path = "a"}));
}

TEST_F(a_tree_watch, does_not_leave_the_workspace) {
  fs::create_symlink("../outside", inside() / "leaves");
  begin();
  EXPECT_EQ(watch_->watches(), 1U);
  EXPECT_EQ(tree_watch::open(running_, files_, "leaves", {}, {}).error().code, error_code::path_refused);
}

TEST_F(a_tree_watch, may_be_ended_by_who_listens) {
  auto changed = [this](auto) {
    watch_.reset();
    wake();
  };
  auto made = tree_watch::open(running_, files_, ".", {}, {.changed = changed, .ended = [](error const&) {}});
  ASSERT_TRUE(made);
  watch_ = std::move(*made);
  EXPECT_TRUE(wait_until([&] { return watch_ == nullptr; }));
}

}  // namespace
}  // namespace ostler::keeper

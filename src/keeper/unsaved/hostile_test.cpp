// A checkout whose configuration names programs to be run wherever git offers it. Each would leave a file
// behind.
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keeper/unsaved/find_work.hpp"
#include "keeper/unsaved/quiet_git.hpp"
#include "keeper/unsaved/test/places.hpp"
#include "system/files.hpp"

namespace ostler::keeper {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class a_hostile_checkout : public testing::Test, protected test::places {
 protected:
  a_hostile_checkout() {
    commit_project();
    write(base() / "trap", fmt::format("#!/bin/sh\necho \"$0 $*\" >>'{}'\ncat\n", canary().string()));
    fs::permissions(base() / "trap", fs::perms::owner_all);
  }

  fs::path canary() const { return base() / "canary"; }
  std::string trap() const { return (base() / "trap").string(); }

  void set_traps(fs::path const& where) const {
    for (auto const* key :
         {"core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.askPass",
          "core.alternateRefsCommand", "diff.external", "diff.bad.textconv", "diff.bad.command",
          "filter.bad.clean", "filter.bad.smudge", "filter.odd=name.clean", "gpg.program",
          "credential.helper", "uploadpack.packObjectsHook", "merge.bad.driver", "alias.status",
          "alias.rev-list", "log.showSignature"})
      git(where, fmt::format("config '{}' '{}'", key, trap()));
    git(where, "config filter.process.process '" + trap() + "'");
    git(where, "config filter.process.required true");
    git(where, "config log.showSignature true");
    git(where, fmt::format("config core.hooksPath '{}'", (where / ".git/traps").string()));
    for (auto const* hook : {"post-index-change", "fsmonitor-watchman", "reference-transaction",
                             "pre-auto-gc", "post-checkout", "query-watchman"})
      for (auto const* folder : {".git/traps", ".git/hooks"}) {
        fs::create_directories(where / folder);
        fs::copy_file(trap(), where / folder / hook, fs::copy_options::overwrite_existing);
      }
    std::ofstream(where / ".git/info/attributes")
        << "* filter=bad diff=bad merge=bad\nsub/* filter=process\n";
  }
  bool sprung() const { return fs::exists(canary()); }
};

TEST_F(a_hostile_checkout, has_traps_that_a_plain_git_springs) {
  copy_project();
  set_traps(work());
  auto const line = fmt::format("git -C '{}' status >/dev/null 2>&1", work().string());
  static_cast<void>(std::system(line.c_str()));
  EXPECT_TRUE(sprung());
}

TEST_F(a_hostile_checkout, gets_nothing_run_and_is_looked_at_all_the_same) {
  copy_project();
  set_traps(work());
  EXPECT_THAT(look_at_copy(), IsEmpty());
  EXPECT_FALSE(sprung()) << read(canary());
  write(work() / "a", "changed");
  write(work() / "sub/b", "changed");
  EXPECT_THAT(look_at_copy(), ElementsAre("not committed: a", "not committed: sub/b"));
  EXPECT_FALSE(sprung()) << read(canary());
}

TEST_F(a_hostile_checkout, gets_nothing_run_from_the_project_either) {
  copy_project();
  set_traps(project());
  git(work(), "commit --allow-empty -m mine");
  EXPECT_THAT(look_at_copy(), ElementsAre("commits of main"));
  EXPECT_FALSE(sprung()) << read(canary());
}

TEST_F(a_hostile_checkout, gets_nothing_run_in_its_parts) {
  fs::rename(project(), base() / "part");
  fs::create_directories(project());
  git(project(), "init");
  git(project(), "submodule add ../part part");
  git(project(), "commit -m whole");
  git(project(), "submodule absorbgitdirs");
  copy_project();
  git(work() / "part", fmt::format("config core.fsmonitor '{}'", trap()));
  git(work() / "part", fmt::format("config filter.bad.clean '{}'", trap()));
  std::ofstream(work() / ".git/modules/part/info/attributes") << "* filter=bad\n";
  write(work() / "part/a", "work");
  EXPECT_THAT(look_at_copy(), ElementsAre("not committed: part/a"));
  EXPECT_FALSE(sprung()) << read(canary());
}

// The settings that win over those of the checkout are a convenience; what holds is that git has no right.
TEST_F(a_hostile_checkout, gets_nothing_run_also_by_settings_that_nobody_overrides) {
  copy_project();
  set_traps(work());
  auto const top = system::open_at(AT_FDCWD, work().string(), O_RDONLY | O_DIRECTORY);
  ASSERT_TRUE(top);
  auto const git = quiet_git::open(top->get());
  ASSERT_TRUE(git && *git);
  auto const set = [this](std::string const& name) { return fmt::format("{}={}", name, trap()); };
  write(work() / "a", "changed");
  auto const said = (*git)->run({"-c", set("core.fsmonitor"), "-c", set("filter.bad.clean"), "-c",
                                 set("diff.bad.textconv"), "-c", set("diff.external"), "diff"});
  ASSERT_TRUE(said) << said.error().message;
  EXPECT_THAT(said->errors, testing::HasSubstr("fork"));
  EXPECT_FALSE(sprung()) << read(canary());
}

// A monitor that answers would be believed without a look.
TEST_F(a_hostile_checkout, cannot_hide_work_behind_a_monitor_or_another_work_tree) {
  copy_project();
  write(base() / "nothing changed", "#!/bin/sh\nprintf 'token\\0'\n");
  fs::permissions(base() / "nothing changed", fs::perms::owner_all);
  git(work(), fmt::format("config core.fsmonitor '\"{}\"'", (base() / "nothing changed").string()));
  git(work(), "status");
  git(work(), "status");
  git(work(), fmt::format("config core.worktree '{}'", project().string()));
  write(work() / "a", "work");
  EXPECT_THAT(look_at_copy(), ElementsAre("not committed: a"));
}

// What is missing would be fetched by a program that the configuration names.
TEST_F(a_hostile_checkout, that_was_fetched_in_parts_fetches_nothing) {
  git(base(), "clone project work");
  git(work(), "config core.repositoryformatversion 1");
  git(work(), "config extensions.partialClone origin");
  git(work(), "config remote.origin.promisor true");
  git(work(), fmt::format("config remote.origin.url 'ext::{}'", trap()));
  git(work(), "config protocol.ext.allow always");
  git(work(), fmt::format("config remote.origin.uploadpack '{}'", trap()));
  write(work() / ".git/refs/heads/far", std::string(40, '1') + "\n");
  EXPECT_THAT(look_at_empty(), testing::Contains("commits of far"));
  EXPECT_FALSE(sprung()) << read(canary());
}

}  // namespace
}  // namespace ostler::keeper

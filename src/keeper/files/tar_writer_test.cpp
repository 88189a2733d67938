// Archives made of real trees, read back by our reader and by the machine's tar.
#include "keeper/files/tar_writer.hpp"

#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>
#include <map>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper/files/change.hpp"
#include "keeper/files/tar_target.hpp"
#include "keeper/files/test/swapper.hpp"
#include "keeper/files/test/workspace_fixture.hpp"

namespace ostler::keeper {
namespace {

namespace fs = std::filesystem;

std::string archive(tar_writer& from, std::size_t piece_size = 5000) {
  std::string all;
  std::vector<std::byte> piece(piece_size);
  for (;;) {
    auto const got = from.pull(piece);
    EXPECT_TRUE(got);
    if (!got) return all;
    all += as_text(byte_view(piece).first(got->size));
    if (got->done) return all;
  }
}

std::string archive(workspace const& files, tar_choice choice = {}, std::size_t piece_size = 5000) {
  auto made = tar_writer::open(files, std::move(choice));
  EXPECT_TRUE(made);
  return made ? archive(*made, piece_size) : "";
}

result<tar_report> unpack(workspace const& files, std::string const& into, std::string_view bytes,
                          tar_limits limits = {}, std::size_t piece_size = 777) {
  if (!fs::exists(into) && !make_directories(files, into)) return fail(error_code::usage, "no target");
  tar_target target(files.beneath(into).value());
  tar_reader reader(target, limits);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), piece_size)))
    if (auto done = reader.push(as_bytes(bytes.substr(0, piece_size))); !done)
      return std::unexpected(done.error());
  return reader.finish();
}

// Kind, mode, time and content of everything below.
std::map<std::string, std::string> tree(fs::path const& at) {
  std::map<std::string, std::string> all;
  for (auto const& entry : fs::recursive_directory_iterator(at)) {
    struct stat seen{};
    EXPECT_EQ(::lstat(entry.path().c_str(), &seen), 0);
    auto& told = all[entry.path().lexically_relative(at).string()];
    told = fmt::format("{:o} {} ", seen.st_mode, seen.st_mtim.tv_sec);
    if (S_ISLNK(seen.st_mode)) told += fs::read_symlink(entry.path()).string();
    if (S_ISREG(seen.st_mode)) told += test::temporary_place::read(entry.path());
  }
  return all;
}

// The names of what is not the same in both.
std::string differences(fs::path const& one, fs::path const& other) {
  auto const in_one = tree(one);
  auto const in_other = tree(other);
  std::string names;
  auto const add = [&](auto const& all, auto const& compared) {
    for (auto const& [name, told] : all)
      if (!compared.contains(name) || compared.at(name) != told)
        names += fmt::format("{} ({} bytes, {}) ", shown(name), told.size(), shown(told.substr(0, 30)));
  };
  add(in_one, in_other);
  add(in_other, in_one);
  return names;
}

bool run(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  auto const child = ::fork();
  if (child == 0) {
    ::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
    ::execvp(arguments.front(), arguments.data());
    ::_exit(127);
  }
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

class an_archive : public test::with_each_resolver {
 protected:
  // Nasty names, long ones, empty and large files, links.
  void make_tree() const {
    auto const at = inside() / "tree";
    auto const deep = at / std::string(90, 'a') / std::string(90, 'b') / std::string(200, 'c');
    fs::create_directories(deep);
    fs::create_directories(at / "empty");
    for (auto const& name : {std::string("new\nline"), std::string("-rf"), std::string("\xff\xfe"),
                             std::string(255, 'n'), std::string(100, 'o'), std::string(101, 'p')}) {
      write(at / name, name);
      write(deep / name, name);
    }
    write(at / "large", std::string(300'000, 'x') + "end");
    write(at / "nothing", "");
    ::chmod((at / "large").c_str(), 0751);
    ::chmod((at / "empty").c_str(), 0555);
    fs::create_symlink("large", at / "link");
    fs::create_symlink("../" + std::string(150, 'l'), deep / "long link");
    for (auto const& [name, told] : tree(at)) {
      timespec const times[2] = {{.tv_sec = 1'000'000'000, .tv_nsec = 0},
                                 {.tv_sec = 1'111'111'111, .tv_nsec = 0}};
      ::utimensat(AT_FDCWD, (at / name).c_str(), times, AT_SYMLINK_NOFOLLOW);
    }
  }
  fs::path tree_path() const { return inside() / "tree"; }
};
INSTANTIATE_TEST_SUITE_P(each, an_archive, testing::ValuesIn(test::both_resolvers), test::resolver_name);

TEST_P(an_archive, is_read_back_as_it_was) {
  make_tree();
  for (std::size_t const size : {1UL, 511UL, 1UL << 20U}) {
    auto const bytes = archive(files_, {.paths = {"tree"}}, std::max<std::size_t>(size, 100));
    EXPECT_EQ(bytes.size() % tar_block_size, 0U);
    auto const into = fmt::format("back{}", size);
    auto const report = unpack(files_, into, bytes, {}, size);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(differences(inside() / into / "tree", tree_path()), "");
  }
}

TEST_P(an_archive, is_read_by_the_tar_of_the_machine) {
  if (!run({"tar", "--version"})) GTEST_SKIP() << "this machine has no tar";
  make_tree();
  write(inside() / "bytes", archive(files_, {.paths = {"tree"}}));
  fs::create_directory(inside() / "back");
  ASSERT_TRUE(run({"tar", "-xpf", (inside() / "bytes").string(), "-C", (inside() / "back").string()}));
  EXPECT_EQ(differences(inside() / "back/tree", tree_path()), "");
}

TEST_P(an_archive, of_the_machines_tar_is_read_in_each_format) {
  if (!run({"tar", "--version"})) GTEST_SKIP() << "this machine has no tar";
  make_tree();
  fs::create_hard_link(tree_path() / "large", tree_path() / "second name");
  for (std::string const format : {"gnu", "posix"}) {
    ASSERT_TRUE(run(
        {"tar", "-cf", (inside() / format).string(), "--format=" + format, "-C", inside().string(), "tree"}));
    auto const report = unpack(files_, "back-" + format, read(inside() / format));
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(differences(inside() / ("back-" + format) / "tree", tree_path()), "");
    EXPECT_TRUE(fs::equivalent(inside() / ("back-" + format) / "tree/large",
                               inside() / ("back-" + format) / "tree/second name"));
  }
}

TEST_P(an_archive, is_read_by_busybox) {
  if (!run({"busybox", "true"})) GTEST_SKIP() << "this machine has no busybox";
  make_tree();
  write(inside() / "bytes", archive(files_, {.paths = {"tree"}}));
  fs::create_directory(inside() / "back");
  ASSERT_TRUE(
      run({"busybox", "tar", "-xpf", (inside() / "bytes").string(), "-C", (inside() / "back").string()}));
  EXPECT_EQ(read(inside() / "back/tree/large"), read(tree_path() / "large"));
}

TEST_P(an_archive, leaves_out_what_is_excluded) {
  for (std::string const folder : {"a/node_modules/x", "b/c/d", "b/cd"}) {
    fs::create_directories(inside() / folder);
    write(inside() / folder / "kept.txt", "");
    write(inside() / folder / "left.log", "");
  }
  auto const bytes = archive(files_, {.paths = {}, .excluded = {"node_modules", "./b/c/", "*.log"}});
  ASSERT_TRUE(unpack(files_, "back", bytes));
  std::vector<std::string> names;
  for (auto const& [name, told] : tree(inside() / "back")) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b", "b/cd", "b/cd/kept.txt"}));
}

TEST_P(an_archive, notes_what_it_cannot_hold) {
  write(inside() / "file", "x");
  ASSERT_EQ(::mkfifo((inside() / "fifo").c_str(), 0600), 0);
  auto made = tar_writer::open(files_, {});
  ASSERT_TRUE(made);
  ASSERT_TRUE(unpack(files_, "back", archive(*made)));
  ASSERT_EQ(made->notes().size(), 1U);
  EXPECT_EQ(made->notes()[0].path, "fifo");
  EXPECT_EQ(made->notes()[0].why, "a fifo cannot be stored");
  EXPECT_EQ(tar_writer::open(files_, {.paths = {"absent"}}).error().code, error_code::file_unknown);
  EXPECT_EQ(tar_writer::open(files_, {.paths = {"../outside"}}).error().code, error_code::path_refused);
}

TEST_P(an_archive, stays_valid_when_files_shrink_and_grow) {
  fs::create_directory(inside() / "a");
  fs::create_directory(inside() / "b");
  write(inside() / "a/shrinks", std::string(100'000, 'x'));
  write(inside() / "b/grows", std::string(100'000, 'y'));
  auto made = tar_writer::open(files_, {.paths = {"a/shrinks", "b/grows"}});
  std::string bytes;
  std::vector<std::byte> piece(1000);
  auto const pull_until = [&](std::size_t size) {
    while (bytes.size() < size) bytes += as_text(byte_view(piece).first(made->pull(piece).value().size));
  };
  pull_until(2000);
  fs::resize_file(inside() / "a/shrinks", 10);
  pull_until(103'000);
  fs::resize_file(inside() / "b/grows", 200'000);
  bytes += archive(*made);
  ASSERT_TRUE(unpack(files_, "back", bytes));
  EXPECT_EQ(read(inside() / "back/a/shrinks").size(), 100'000U);
  EXPECT_EQ(read(inside() / "back/b/grows"), std::string(100'000, 'y'));
  ASSERT_EQ(made->notes().size(), 1U);
  EXPECT_EQ(made->notes()[0].path, "a/shrinks");
}

TEST_P(an_archive, stays_inside_while_somebody_swaps_a_directory_and_a_link) {
  std::string bytes;
  {
    fs::create_directories(inside() / "new/door/deep");
    write(inside() / "new/door/secret", "inside!");
    write(inside() / "new/door/deep/file", "x");
    auto const below = files_.beneath("new").value();
    bytes = archive(below);
    test::swapper const attacker(*this);
    for (int round = 0; round < 300; ++round) {
      EXPECT_EQ(archive(files_, {.paths = {"door"}}).find("kept outside"), std::string::npos);
      static_cast<void>(unpack(files_, ".", bytes));
    }
  }
  expect_outside_untouched();
}

TEST(a_pattern, matches_names) {
  EXPECT_TRUE(matches("*.log", "a.log"));
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("a*b*c", "aXbXbc"));
  EXPECT_TRUE(matches("?", "x"));
  EXPECT_FALSE(matches("?", ""));
  EXPECT_FALSE(matches("*.log", "a.logs"));
  EXPECT_FALSE(matches("a", "ab"));
  EXPECT_FALSE(matches(std::string(50, '*') + "b", std::string(255, 'a')));
}

}  // namespace
}  // namespace ostler::keeper

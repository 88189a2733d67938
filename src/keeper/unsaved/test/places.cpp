#include "keeper/unsaved/test/places.hpp"

#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

#include "keeper/unsaved/find_work.hpp"

namespace ostler::keeper::test {

places::places() {
  fs::create_directories(project());
  fs::create_directories(base() / "home");
}

void places::git(fs::path const& where, std::string const& words) {
  auto const line = fmt::format(
      "HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 git -C '{}' -c user.name=N -c user.email=n@example.com "
      "-c init.defaultBranch=main -c protocol.file.allow=always {} >/dev/null 2>&1",
      where.string(), words);
  ASSERT_EQ(std::system(line.c_str()), 0) << line;
}

void places::write(fs::path const& path, std::string const& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

std::string places::read(fs::path const& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void places::commit_project() const {
  write(project() / "a", "a");
  write(project() / "sub/b", "b");
  write(project() / ".gitignore", "built/\n");
  git(project(), "init");
  git(project(), "add -A");
  git(project(), "commit -m first");
}

void places::copy_project() const {
  fs::copy(project(), work(), fs::copy_options::recursive | fs::copy_options::copy_symlinks);
}

wire::work_order places::order(std::string const& project) const {
  wire::work_order out{.workspace = work().string(), .project = project, .put = {}};
  if (put.empty()) return out;
  out.put = (base() / "put.list").string();
  std::ofstream(out.put) << wire::write_put_list(put);
  return out;
}

std::vector<std::string> places::look(std::string const& project) const {
  auto const found = find_work(order(project));
  EXPECT_TRUE(found) << found.error().message;
  if (!found) return {"the look failed"};
  EXPECT_EQ(found->count, found->what.size());
  return found->what;
}

std::string places::refused(std::string const& project) const {
  auto const found = find_work(order(project));
  EXPECT_FALSE(found);
  return found ? std::string() : found.error().message;
}

}  // namespace ostler::keeper::test

// A project, a copy of it and an empty workspace, with a git that is as plain as that of a machine nobody has
// set up.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/temporary_directory.hpp"
#include "wire/work.hpp"

namespace ostler::keeper::test {

namespace fs = std::filesystem;

class places {
 public:
  places();

  fs::path project() const { return base_ / "project"; }
  fs::path work() const { return base_ / "work"; }
  fs::path base() const { return base_.path(); }

  // Runs git in a directory; the test fails when git does.
  static void git(fs::path const& where, std::string const& words);
  static void write(fs::path const& path, std::string const& text);
  static std::string read(fs::path const& path);

  // The project as a repository with one commit: files a and sub/b.
  void commit_project() const;
  // As the local place makes it, with all that is in the project.
  void copy_project() const;

  std::vector<std::string> look_at_copy() const { return look(project().string()); }
  std::vector<std::string> look_at_empty() const { return look(""); }
  std::vector<std::string> look(std::string const& project) const;
  // Why it failed.
  std::string refused(std::string const& project) const;

  wire::work_order order(std::string const& project) const;
  wire::put_list put;

 private:
  ::ostler::test::temporary_directory base_{"work"};
};

}  // namespace ostler::keeper::test

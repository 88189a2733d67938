// A directory for one test, which goes with it, also when the test fails.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace ostler::test {

class temporary_directory {
 public:
  // `purpose` is part of its name, for whoever finds one of a test that was killed. Mode 0700.
  explicit temporary_directory(std::string_view purpose);
  temporary_directory(temporary_directory const&) = delete;
  temporary_directory& operator=(temporary_directory const&) = delete;
  ~temporary_directory();

  std::filesystem::path const& path() const { return path_; }
  std::string text() const { return path_.string(); }
  std::filesystem::path operator/(std::string_view below) const { return path_ / below; }

 private:
  std::filesystem::path path_;
};

}  // namespace ostler::test

// A workspace in a temporary directory, with a neighbour that nobody may touch. Tests of what depends on how
// paths are resolved run twice: by the kernel, and by the walk for kernels that cannot.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>
#include <unistd.h>

#include "keeper/files/workspace.hpp"

namespace ostler::keeper::test {

namespace fs = std::filesystem;

class temporary_place {
 public:
  temporary_place() {
    // In memory where there is some: what is tested is not how busy the disk is.
    auto const in_memory = ::access("/dev/shm", W_OK) == 0;
    auto pattern =
        ((in_memory ? fs::path("/dev/shm") : fs::temp_directory_path()) / "ostler-keeper-files-XXXXXX")
            .string();
    base_ = ::mkdtemp(pattern.data());
    fs::create_directory(inside());
    fs::create_directory(outside());
    write(outside() / "secret", "kept outside");
  }
  ~temporary_place() {
    std::error_code ignored;
    fs::remove_all(base_, ignored);
  }
  temporary_place(temporary_place const&) = delete;
  temporary_place& operator=(temporary_place const&) = delete;

  fs::path inside() const { return base_ / "inside"; }
  fs::path outside() const { return base_ / "outside"; }

  static void write(fs::path const& path, std::string const& content) {
    std::ofstream(path, std::ios::binary) << content;
  }
  static std::string read(fs::path const& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // What lies outside, and only that.
  void expect_outside_untouched() const {
    EXPECT_EQ(read(outside() / "secret"), "kept outside");
    EXPECT_EQ(std::distance(fs::directory_iterator(outside()), {}), 1);
  }

 private:
  fs::path base_;
};

class with_a_workspace : public testing::Test, public temporary_place {
 protected:
  workspace files_ = workspace::open(inside().string()).value();
};

class with_each_resolver : public testing::TestWithParam<workspace::resolver>, public temporary_place {
 protected:
  workspace files_ = workspace::open(inside().string(), GetParam()).value();
};

inline std::string resolver_name(testing::TestParamInfo<workspace::resolver> const& info) {
  return info.param == workspace::resolver::kernel ? "by_the_kernel" : "by_the_walk";
}

constexpr workspace::resolver both_resolvers[] = {workspace::resolver::kernel, workspace::resolver::walk};

}  // namespace ostler::keeper::test

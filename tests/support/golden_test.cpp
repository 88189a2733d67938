#include "tests/support/golden.hpp"

#include <cstdlib>
#include <fstream>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ostler {
namespace {

// An absolute path stands for itself, so that these tests do not write into the tree.
class golden : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(folder_);
    unsetenv("OSTLER_ACCEPT");
  }
  void TearDown() override {
    std::filesystem::remove_all(folder_);
    unsetenv("OSTLER_ACCEPT");
  }
  std::filesystem::path const folder_ =
      std::filesystem::path(testing::TempDir()) / ("golden_test_" + std::to_string(getpid()));
  std::filesystem::path const file_ = folder_ / "deep" / "page.md";
};

TEST_F(golden, a_missing_file_fails) {
  EXPECT_NONFATAL_FAILURE(expect_golden(file_, "text"), "there is no such file");
}

TEST_F(golden, accepting_writes_the_file_and_then_it_holds) {
  setenv("OSTLER_ACCEPT", "1", 1);
  expect_golden(file_, "one\ntwo\n");
  unsetenv("OSTLER_ACCEPT");
  expect_golden(file_, "one\ntwo\n");
}

TEST_F(golden, a_difference_fails_and_names_the_line) {
  setenv("OSTLER_ACCEPT", "1", 1);
  expect_golden(file_, "one\ntwo\n");
  setenv("OSTLER_ACCEPT", "0", 1);
  EXPECT_NONFATAL_FAILURE(expect_golden(file_, "one\ntwice\n"), "line 2 (byte 6)");
  EXPECT_NONFATAL_FAILURE(expect_golden(file_, "one\ntwo"), "line 2 (byte 7)");
  EXPECT_NONFATAL_FAILURE(expect_golden(file_, "one\ntwo\nthree\n"), "the code: three");
  EXPECT_NONFATAL_FAILURE(expect_golden(file_, ""), "OSTLER_ACCEPT=1");
}

TEST(project_root, holds_the_sources) {
  EXPECT_TRUE(std::filesystem::exists(project_root() / "src/base/errors.def"));
}

}  // namespace
}  // namespace ostler

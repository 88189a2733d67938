#include "providers/local/put_marks.hpp"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/content.hpp"
#include "system/files.hpp"
#include "tests/support/temporary_directory.hpp"

namespace ostler::providers::local {
namespace {

namespace fs = std::filesystem;
using testing::Key;
using testing::UnorderedElementsAre;

TEST(marks_of_what_was_put, are_those_of_all_files_and_links_under_the_paths) {
  test::temporary_directory const base("put-marks");
  fs::create_directories(base / "config/deep");
  fs::create_directories(base / "empty");
  for (auto const* name : {".env", "config/a", "config/deep/b", "not listed"})
    std::ofstream(base / name) << name;
  fs::create_symlink("/etc/passwd", base / "config/link");
  auto const top = system::open_at(AT_FDCWD, base.text(), O_RDONLY | O_DIRECTORY);
  auto const marks = marks_of(top->get(), {"./.env", "config//", "empty", "gone", "gone/deep"}, {});
  ASSERT_TRUE(marks) << marks.error().message;
  EXPECT_THAT(*marks,
              UnorderedElementsAre(Key(".env"), Key("config/a"), Key("config/deep/b"), Key("config/link")));
  EXPECT_EQ(marks->at(".env"), *system::content_mark(top->get(), ".env"));
  std::stop_source given_up;
  given_up.request_stop();
  EXPECT_FALSE(marks_of(top->get(), {".env"}, given_up.get_token()));
}

}  // namespace
}  // namespace ostler::providers::local

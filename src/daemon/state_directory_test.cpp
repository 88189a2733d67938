#include "daemon/state_directory.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/temporary_directory.hpp"

namespace ostler::daemon {
namespace {

TEST(a_state_directory, is_made_for_us_alone_and_keeps_its_id) {
  test::temporary_directory const base("state");
  auto const path = (base / "a/b/state").string();
  std::string id;
  {
    auto const first = state_directory::open(path, when_held::refuse);
    ASSERT_TRUE(first) << first.error().message;
    id = first->id();
    EXPECT_EQ(id.size(), 32U);
    struct stat seen{};
    ASSERT_EQ(::stat(path.c_str(), &seen), 0);
    EXPECT_EQ(seen.st_mode & 0777U, 0700U);
  }
  auto const again = state_directory::open(path, when_held::refuse);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->id(), id);
}

TEST(a_state_directory, is_held_by_one_and_says_by_whom) {
  test::temporary_directory const base("state");
  auto const path = (base / "state").string();
  auto const first = state_directory::open(path, when_held::refuse);
  ASSERT_TRUE(first);
  auto const second = state_directory::open(path, when_held::refuse);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, error_code::state_locked);
  EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos);
}

TEST(a_state_directory, that_others_may_use_is_refused_with_what_mends_it) {
  test::temporary_directory const base("state");
  auto const path = (base / "state").string();
  ASSERT_EQ(::mkdir(path.c_str(), 0700), 0);
  ASSERT_EQ(::chmod(path.c_str(), 0755), 0);
  auto const refused = state_directory::open(path, when_held::refuse);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::not_permitted);
  ASSERT_EQ(refused.error().hints.size(), 1U);
  EXPECT_EQ(refused.error().hints.front(), "chmod 700 " + path);
}

TEST(a_state_directory, with_an_id_that_is_none_is_not_given_another) {
  test::temporary_directory const base("state");
  auto const path = (base / "state").string();
  {
    ASSERT_TRUE(state_directory::open(path, when_held::refuse));
  }
  std::ofstream(path + "/id") << "nonsense";
  auto const refused = state_directory::open(path, when_held::refuse);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::journal_damaged);
}

}  // namespace
}  // namespace ostler::daemon

#include "daemon/token_file.hpp"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <sys/stat.h>

#include "system/files.hpp"
#include "tests/support/temporary_directory.hpp"

namespace ostler::daemon {
namespace {

class the_tokens : public testing::Test {
 protected:
  the_tokens() : open_(*system::open_at(AT_FDCWD, base_.text(), O_RDONLY | O_DIRECTORY)) {}
  std::string read(std::string_view name) const {
    std::ifstream file(base_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  test::temporary_directory base_{"tokens"};
  system::fd open_;
};

TEST_F(the_tokens, are_made_at_the_first_start_and_are_the_same_ever_after) {
  auto const first = open_tokens(open_.get());
  ASSERT_TRUE(first) << first.error().message;
  auto const instance = instance_id::make(wall_time(1ms), 1, 1);
  auto token = read("token");
  std::erase(token, '\n');
  auto const again = open_tokens(open_.get());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->of_instance(instance), first->of_instance(instance));
  auto const bearer = again->find(token);
  ASSERT_TRUE(bearer);
  EXPECT_EQ(bearer->scope, control::token_scope::admin);
  EXPECT_FALSE(again->find(token + "x"));
  // Whoever reads the book learns none.
  EXPECT_EQ(read("tokens").find(token), std::string::npos);
  for (auto const* name : {"token", "tokens"}) {
    struct stat seen{};
    ASSERT_EQ(::stat((base_ / name).c_str(), &seen), 0);
    EXPECT_EQ(seen.st_mode & 0777U, 0600U);
  }
}

TEST_F(the_tokens, that_cannot_be_read_are_refused_and_left_as_they_are) {
  ASSERT_TRUE(open_tokens(open_.get()));
  for (auto const* text : {"", "{", R"({"version":1,"secret":"zz","tokens":[]})"}) {
    std::ofstream(base_ / "tokens") << text;
    auto const refused = open_tokens(open_.get());
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, error_code::text_malformed);
    EXPECT_EQ(read("tokens"), text);
  }
}

}  // namespace
}  // namespace ostler::daemon

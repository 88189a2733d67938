// A keeper's directory: who may have it, and what it remembers.
#include "keeper/start/home.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temporary_directory.hpp"

namespace ostler::keeper {
namespace {

class a_home : public testing::Test {
 protected:
  ostler::test::temporary_directory place_{"home"};
  std::string path_ = place_.text();
};

TEST_F(a_home, is_held_by_one_at_a_time_and_says_by_whom) {
  auto first = home::open(path_).value();
  ASSERT_TRUE(first.lock());
  auto const who = first.take(3, 0, first.nonce_of(3)).value();
  auto second = home::open(path_).value();
  auto const refused = second.lock();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::keeper_held);
  EXPECT_NE(refused.error().message.find(std::to_string(who.pid)), std::string::npos);
}

TEST_F(a_home, gives_the_same_nonce_to_whoever_holds_the_same_generation) {
  auto place = home::open(path_).value();
  auto const first = place.take(3, 0, place.nonce_of(3)).value();
  EXPECT_EQ(place.take(3, 5, place.nonce_of(3)).value().nonce, first.nonce);
  EXPECT_EQ(place.take(3, 5, place.nonce_of(3)).value().began_seq, 0U);
  auto const next = place.take(4, 7, place.nonce_of(4)).value();
  EXPECT_NE(next.nonce, first.nonce);
  EXPECT_EQ(next.began_seq, 7U);
}

TEST_F(a_home, knows_which_generation_was_begun) {
  auto const place = home::open(path_).value();
  EXPECT_FALSE(place.started(1));
  ASSERT_TRUE(place.mark_started(1));
  EXPECT_TRUE(place.started(1));
  EXPECT_FALSE(place.started(2));
}

TEST_F(a_home, refuses_a_directory_that_others_may_use) {
  ASSERT_EQ(::chmod(path_.c_str(), 0750), 0);
  auto const refused = home::open(path_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::not_permitted);
}

TEST_F(a_home, says_what_is_wrong_with_a_spec) {
  auto const place = home::open(path_).value();
  EXPECT_EQ(place.spec().error().code, error_code::file_unknown);
  std::ofstream(path_ + "/spec.json") << R"({"services":[{"name":5}]})";
  EXPECT_EQ(place.spec().error().message, "$.services[0].name is not a text");
}

}  // namespace
}  // namespace ostler::keeper

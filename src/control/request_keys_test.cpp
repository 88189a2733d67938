#include "control/request_keys.hpp"

#include <gtest/gtest.h>

#include "async/test/loop.hpp"

namespace ostler::control {
namespace {

class request_keys_of_callers : public testing::Test {
 public:
  result<request_keys::claimed> claim(std::string_view who, std::string_view key, std::string_view request) {
    return all->claim(who, key, sha256(request), now);
  }
  void begin(key_limits limits = {}) { all.emplace(loop.where(), limits); }

  async::test::loop loop;
  std::optional<request_keys> all;
  instant now{};
};

TEST_F(request_keys_of_callers, give_the_same_answer_for_the_same_request) {
  begin();
  auto const first = claim("eva", "k", "make");
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->is_first);
  auto const again = claim("eva", "k", "make");
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->is_first);
  EXPECT_FALSE(again->what->answer);
  all->finish(first->what, "made", now);
  EXPECT_EQ(**again->what->answer, "made");
  EXPECT_EQ(**claim("eva", "k", "make")->what->answer, "made");
}

TEST_F(request_keys_of_callers, refuse_a_key_for_another_request_but_not_for_another_caller) {
  begin();
  ASSERT_TRUE(claim("eva", "k", "make"));
  EXPECT_EQ(claim("eva", "k", "remove").error().code, error_code::request_key_reused);
  EXPECT_TRUE(claim("bob", "k", "remove")->is_first);
}

TEST_F(request_keys_of_callers, keep_refusals_but_not_what_is_worth_another_try) {
  begin();
  auto const refused = claim("eva", "a", "make");
  all->finish(refused->what, fail(error_code::name_taken, "there is one"), now);
  EXPECT_FALSE(claim("eva", "a", "make")->is_first);
  for (auto const code : {error_code::storage_busy, error_code::cancelled, error_code::system_failed}) {
    auto const failed = claim("eva", "b", "make");
    EXPECT_TRUE(failed->is_first);
    auto const waits = claim("eva", "b", "make");
    all->finish(failed->what, fail(code, "try again"), now);
    EXPECT_EQ(waits->what->answer->error().code, code);
  }
}

TEST_F(request_keys_of_callers, are_forgotten_after_their_time) {
  begin({.kept = 10s});
  auto const first = claim("eva", "k", "make");
  now += 1h;
  // Not while it is under way.
  EXPECT_FALSE(claim("eva", "k", "make")->is_first);
  all->finish(first->what, "made", now);
  now += 9s;
  EXPECT_FALSE(claim("eva", "k", "make")->is_first);
  now += 1s;
  EXPECT_TRUE(claim("eva", "k", "remove")->is_first);
}

TEST_F(request_keys_of_callers, are_bounded_in_number_and_bytes) {
  begin({.entries = 2, .bytes = 10});
  auto const a = claim("eva", "a", "");
  auto const b = claim("eva", "b", "");
  EXPECT_EQ(claim("eva", "c", "").error().code, error_code::system_exhausted);
  all->finish(a->what, std::string(6, 'x'), now);
  all->finish(b->what, std::string(6, 'x'), now);
  EXPECT_EQ(all->size(), 1U);
  EXPECT_TRUE(claim("eva", "c", "")->is_first);
  EXPECT_TRUE(claim("eva", "d", "")->is_first);
  EXPECT_EQ(claim("eva", "e", "").error().code, error_code::system_exhausted);
}

TEST_F(request_keys_of_callers, are_visible_and_short) {
  begin();
  for (auto const& key : {std::string(), std::string("a b"), std::string("\xff"), std::string(129, 'x')})
    EXPECT_EQ(claim("eva", key, "").error().code, error_code::usage) << key;
  EXPECT_TRUE(claim("eva", std::string(128, 'x'), ""));
}

}  // namespace
}  // namespace ostler::control

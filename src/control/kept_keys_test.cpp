#include "control/kept_keys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

#include "async/test/loop.hpp"

namespace ostler::control {
namespace {

using async::task;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// What lies on a disk, for one daemon after another.
class keys_that_are_kept : public testing::Test {
 public:
  keys_that_are_kept() { start(); }

  // The daemon ends without a word and another one begins.
  void start(key_limits limits = {}) {
    all.emplace(loop.where(), limits);
    kept.emplace(*all);
    std::vector<kept_record> earlier;
    for (auto const& [key, body] : disk) earlier.push_back({.key = key, .body = body});
    kept->begin(
        std::move(earlier),
        [this](std::vector<kept_record> records, key_purpose) { return write(std::move(records)); }, now);
  }
  task<result<void>> write(std::vector<kept_record> records) {
    if (full) co_return fail(error_code::storage_full, "the disk is full");
    for (auto& one : records)
      if (one.body)
        disk[one.key] = std::move(*one.body);
      else
        disk.erase(one.key);
    co_return result<void>();
  }
  std::shared_ptr<request_keys::entry> claim(std::string_view key, std::string_view request = "make") {
    auto const got = all->claim("eva", key, sha256(request), now.now);
    EXPECT_TRUE(got);
    return got ? got->what : nullptr;
  }
  result<void> begins(std::shared_ptr<request_keys::entry> const& what) {
    return loop.run(kept->begins(what, key_purpose::grows, now.wall));
  }
  void ends(std::shared_ptr<request_keys::entry> const& what, result<std::string> answer) {
    EXPECT_TRUE(loop.run(kept->ended(what, answer, key_purpose::grows, now.wall)));
    all->finish(what, std::move(answer), now.now);
  }
  void pass(milliseconds time) {
    now.now += time;
    now.wall += time;
  }

  async::test::loop loop;
  moment now{.now = instant(1h), .wall = wall_time(1'700'000'000'000ms), .luck = 7};
  std::map<std::string, std::string> disk;
  bool full = false;
  std::optional<request_keys> all;
  std::optional<kept_keys> kept;
};

TEST_F(keys_that_are_kept, give_the_same_answer_after_a_new_start) {
  ends(claim("k"), std::string("made"));
  ends(claim("r"), fail(error_code::name_taken, "there is one", "a detail", {"ostler ls"}));
  start();
  EXPECT_EQ(**claim("k")->answer, "made");
  EXPECT_EQ(claim("r")->answer->error(), (error{.code = error_code::name_taken,
                                                .message = "there is one",
                                                .detail = "a detail",
                                                .hints = {"ostler ls"}}));
  EXPECT_EQ(all->claim("eva", "k", sha256("remove"), now.now).error().code, error_code::request_key_reused);
  EXPECT_TRUE(all->claim("bob", "k", sha256("make"), now.now)->is_first);
}

TEST_F(keys_that_are_kept, are_not_begun_a_second_time_when_nobody_knows_the_end) {
  EXPECT_TRUE(begins(claim("k")));
  start();
  auto const again = claim("k");
  ASSERT_TRUE(again->answer);
  EXPECT_EQ(again->answer->error().code, error_code::answer_lost);
  EXPECT_THAT(again->answer->error().message, HasSubstr("nobody knows"));
}

TEST_F(keys_that_are_kept, are_free_again_after_what_is_worth_another_try) {
  auto const first = claim("k");
  EXPECT_TRUE(begins(first));
  EXPECT_THAT(disk, SizeIs(1));
  ends(first, fail(error_code::storage_busy, "later"));
  EXPECT_THAT(disk, IsEmpty());
  start();
  EXPECT_FALSE(claim("k")->answer);
}

TEST_F(keys_that_are_kept, know_the_body_that_came_in_pieces) {
  auto const first = claim("k");
  first->body = sha256("body");
  ends(first, std::string("done"));
  start();
  EXPECT_EQ(claim("k")->body, sha256("body"));
}

TEST_F(keys_that_are_kept, keep_no_answer_that_is_too_long_and_say_that_it_was_done) {
  ends(claim("k"), std::string(kept_answer_max + 1, 'x'));
  EXPECT_LT(disk.begin()->second.size(), 1000U);
  start();
  EXPECT_EQ(claim("k")->answer->error().code, error_code::answer_lost);
  EXPECT_THAT(claim("k")->answer->error().message, HasSubstr("it was done"));
}

TEST_F(keys_that_are_kept, leave_the_disk_after_their_time_and_beyond_their_number) {
  key_limits const limits{.kept = 1h, .entries = 2};
  start(limits);
  ends(claim("a"), std::string("a"));
  pass(30min);
  ends(claim("b"), std::string("b"));
  ends(claim("c"), std::string("c"));
  ends(claim("d"), std::string("d"));
  // Each goes with what is kept next.
  EXPECT_THAT(disk, SizeIs(2));
  pass(2h);
  start(limits);
  EXPECT_EQ(all->size(), 0U);
  ends(claim("e"), std::string("e"));
  EXPECT_THAT(disk, SizeIs(1));
}

TEST_F(keys_that_are_kept, bear_records_that_cannot_be_read_and_remove_them) {
  disk["nonsense"] = "{";
  disk["other"] = R"({"name":"eva\nk","request":"00"})";
  start();
  EXPECT_EQ(all->size(), 0U);
  ends(claim("k"), std::string("made"));
  EXPECT_THAT(disk, SizeIs(1));
}

TEST_F(keys_that_are_kept, do_not_begin_what_cannot_be_written_down) {
  full = true;
  EXPECT_EQ(begins(claim("k")).error().code, error_code::storage_full);
  full = false;
  start();
  EXPECT_FALSE(claim("k")->answer);
}

}  // namespace
}  // namespace ostler::control

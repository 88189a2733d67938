#include "answers/creation.hpp"

#include <gtest/gtest.h>

#include "answers/removal.hpp"

namespace ostler::answers {
namespace {

TEST(a_name, is_made_of_the_project) {
  EXPECT_EQ(name_from("/srv/My Project!"), "my-project");
  EXPECT_EQ(name_from("web"), "web");
  EXPECT_EQ(name_from("/--/"), "instance");
  EXPECT_EQ(name_from(""), "instance");
  EXPECT_EQ(name_from(std::string(100, 'a')), std::string(63, 'a'));
}

TEST(a_look_for_work, refuses_the_delete_with_the_first_of_what_it_found) {
  EXPECT_TRUE(judge_look("web", {}));
  auto const found = judge_look("web", {.what = {"not committed: a b", "commits of topic"}, .count = 2});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, error_code::work_would_be_lost);
  EXPECT_EQ(found.error().message, "web holds work that exists nowhere else: not committed: a b, …");
  EXPECT_EQ(found.error().detail, "not committed: a b\ncommits of topic");
  wire::work_found const many{.what = std::vector<std::string>(200, "new: x"), .count = 1000};
  EXPECT_TRUE(judge_look("web", many).error().detail.ends_with("new: x\nand 980 more"));
}

}  // namespace
}  // namespace ostler::answers

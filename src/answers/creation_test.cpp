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

TEST(a_look_for_work, is_believed_only_when_it_came_to_its_end) {
  EXPECT_TRUE(judge_look("web", "end\n"));
  auto const cut = judge_look("web", "");
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, error_code::work_would_be_lost);
  auto const found = judge_look("web", "not committed: a b\ncommits of topic\nend\n");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message, "web holds work that exists nowhere else: not committed: a b, …");
  EXPECT_EQ(found.error().detail, "not committed: a b\ncommits of topic");
}

}  // namespace
}  // namespace ostler::answers

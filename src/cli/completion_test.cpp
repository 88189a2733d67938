#include "cli/completion.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ostler::cli {
namespace {

using testing::HasSubstr;

TEST(the_completion, knows_verbs_options_and_the_words_of_an_option) {
  auto const script = completion_script("bash").value();
  EXPECT_THAT(script, HasSubstr("up down start"));
  EXPECT_THAT(script, HasSubstr("--detach-keys"));
  EXPECT_THAT(script, HasSubstr("--output) values='table wide json jsonl name'"));
  EXPECT_EQ(script.find("__man"), std::string::npos);
}

TEST(the_completion, answers_the_first_question_that_loads_it_into_zsh) {
  EXPECT_THAT(completion_script("zsh").value(), HasSubstr("= \"_ostler\" ]; then _ostler \"$@\";"));
}

TEST(the_completion, is_there_for_three_shells) {
  EXPECT_THAT(completion_script("zsh").value(), HasSubstr("#compdef ostler"));
  EXPECT_THAT(completion_script("fish").value(), HasSubstr("complete -c ostler"));
  EXPECT_EQ(completion_script("tcsh").error().code, error_code::usage);
}

}  // namespace
}  // namespace ostler::cli

#include "cli/refusals.hpp"

#include <gtest/gtest.h>

namespace ostler::cli {
namespace {

error example() {
  return {.code = error_code::work_would_be_lost,
          .message = "auth was not removed: it has work that exists nowhere else",
          .detail = "5 uncommitted files\n2 commits\x1b[2J",
          .hints = {"ostler diff auth", "ostler down auth --force"}};
}

TEST(a_refusal, says_what_why_and_what_to_try) {
  EXPECT_EQ(refusal_text(example(), channel({})),
            "error: auth was not removed: it has work that exists nowhere else (P0801)\n"
            "  5 uncommitted files\n"
            "  2 commits\\x1b[2J\n"
            "  try:  ostler diff auth\n"
            "        ostler down auth --force\n"
            "  more: ostler help P0801\n");
}

TEST(a_refusal, paints_only_its_first_word) {
  auto const text = refusal_text(example(), channel({.coloured = true}));
  EXPECT_TRUE(text.starts_with("\x1b[31merror:\x1b[0m auth")) << text;
}

TEST(a_refusal, has_the_form_of_the_daemon_as_json) {
  auto const text = refusal_json(example());
  EXPECT_TRUE(text.starts_with(R"({"error":{"code":"P0801","name":"work_would_be_lost","message":)")) << text;
  EXPECT_TRUE(text.ends_with("}}\n")) << text;
}

}  // namespace
}  // namespace ostler::cli

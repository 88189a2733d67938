#include "cli/verbs/up_agent.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_directory.hpp"

namespace ostler::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

config::project with_agent() {
  config::project out;
  out.agent = config::agent_plan{.command = {"claude", "--fast"}, .shell = false};
  return out;
}

result<std::optional<agent_start>> asked(config::project const& what, std::vector<std::string> words) {
  words.insert(words.begin(), "up");
  return agent_for(what, parse_arguments(words).value(), [] { return result<std::string>("typed in\n"); });
}

std::string refusal(config::project const& what, std::vector<std::string> words) {
  auto const got = asked(what, std::move(words));
  return got ? "" : got.error().message;
}

TEST(the_agent_of_up, is_that_of_the_settings_unless_the_call_says_another_or_none) {
  EXPECT_EQ(asked(with_agent(), {}).value()->command, (std::vector<std::string>{"claude", "--fast"}));
  EXPECT_EQ(asked(with_agent(), {"--agent", "codex -v"}).value(),
            (agent_start{.command = {"codex -v"}, .shell = true, .prompt = {}}));
  EXPECT_EQ(asked(with_agent(), {"--agent", "none"}).value(), std::nullopt);
  EXPECT_EQ(asked({}, {}).value(), std::nullopt);
}

TEST(the_agent_of_up, is_not_waited_for_by_a_call_that_does_not_wait) {
  EXPECT_EQ(asked(with_agent(), {"-d"}).value(), std::nullopt);
  EXPECT_THAT(refusal(with_agent(), {"-d", "--prompt", "x"}), HasSubstr("--detach does not wait"));
  EXPECT_THAT(refusal({}, {"-d", "--agent", "claude"}), HasSubstr("--detach does not wait"));
}

TEST(the_agent_of_up, must_be_there_for_what_is_said_to_it) {
  EXPECT_EQ(refusal({}, {"--prompt", "x"}), "--prompt: no agent is started");
  EXPECT_EQ(refusal(with_agent(), {"--agent", "none", "--attach"}), "--attach: no agent is started");
  EXPECT_EQ(refusal({}, {"--agent", ""}), "--agent: it is a program, or none");
}

TEST(a_prompt, is_a_text_or_what_is_typed_or_a_file_for_each_instance) {
  test::temporary_directory const place("prompts");
  std::ofstream(place / "auth.md") << "log in";
  auto const prompt = [&](std::string text) {
    return prompt_for(**asked(with_agent(), {"--prompt", std::move(text)}), "auth", place.text());
  };
  EXPECT_EQ(prompt("do it").value(), "do it");
  EXPECT_EQ(prompt("-").value(), "typed in\n");
  EXPECT_EQ(prompt("@{name}.md").value(), "log in");
  EXPECT_EQ(prompt("@" + (place / "{name}.md").string()).value(), "log in");
  EXPECT_EQ(prompt("@other.md").error().code, error_code::file_unknown);
}

TEST(a_prompt, is_refused_when_it_cannot_be_an_argument) {
  EXPECT_EQ(refusal(with_agent(), {"--prompt", ""}), "--prompt: there is nothing in it");
  EXPECT_EQ(refusal(with_agent(), {"--prompt", "@"}), "--prompt @FILE: the file has no name");
  EXPECT_THAT(refusal(with_agent(), {"--prompt", std::string(200'000, 'x')}), HasSubstr("too many"));
}

TEST(the_words_of_an_agent, end_with_the_prompt_which_no_shell_reads) {
  EXPECT_THAT(words_of({.command = {"claude", "--fast"}, .prompt = {}}, "$(date)"),
              ElementsAre("claude", "--fast", "$(date)"));
  EXPECT_THAT(words_of({.command = {"cd x && claude"}, .shell = true, .prompt = {}}, "-n"),
              ElementsAre("/bin/sh", "-c", "cd x && claude \"$@\"", "agent", "-n"));
  EXPECT_THAT(words_of({.command = {"claude -v"}, .shell = true, .prompt = {}}, ""),
              ElementsAre("/bin/sh", "-c", "claude -v", "agent"));
  EXPECT_THAT(words_of({.command = {"claude"}, .shell = true, .prompt = {}}, "x"),
              ElementsAre("claude", "x"));
}

}  // namespace
}  // namespace ostler::cli

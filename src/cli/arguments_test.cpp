#include "cli/arguments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ostler::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

arguments read(std::vector<std::string> const& words) {
  auto parsed = parse_arguments(words);
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message);
  return parsed ? *parsed : arguments();
}

std::string refusal_of(std::vector<std::string> const& words) {
  auto const parsed = parse_arguments(words);
  if (parsed) return "not refused";
  EXPECT_EQ(parsed.error().code, error_code::usage);
  return parsed.error().message;
}

TEST(the_words_of_a_call, are_a_verb_operands_and_options) {
  auto const call = read({"logs", "auth", "-f", "web", "--tail", "20", "--since=10m"});
  ASSERT_NE(call.which, nullptr);
  EXPECT_EQ(call.which->name, "logs");
  EXPECT_THAT(call.operands, ElementsAre("auth", "web"));
  EXPECT_TRUE(call.has("follow"));
  EXPECT_EQ(call.value("since"), "10m");
  EXPECT_EQ(call.number("tail", 1, 100).value(), 20U);
}

TEST(the_words_of_a_call, have_global_options_before_and_after_the_verb) {
  auto const call = read({"--host", "unix:///x", "-o", "json", "ls", "--quiet"});
  EXPECT_EQ(call.which->name, "ls");
  EXPECT_EQ(call.value("host"), "unix:///x");
  EXPECT_EQ(call.value("output"), "json");
  EXPECT_TRUE(call.has("quiet"));
}

TEST(the_words_of_a_call, may_have_a_verb_of_two_words) {
  EXPECT_EQ(read({"daemon", "start"}).which->name, "daemon start");
  auto const alone = read({"daemon"});
  EXPECT_EQ(alone.which, nullptr);
  EXPECT_EQ(alone.noun, "daemon");
}

TEST(an_option_that_may_be_repeated, takes_one_word_each_time) {
  auto const call = read({"up", "-e", "A=1", "auth", "--env", "B=2"});
  EXPECT_THAT(call.values("env"), ElementsAre("A=1", "B=2"));
  EXPECT_THAT(call.operands, ElementsAre("auth"));
}

TEST(a_command_to_run, keeps_its_own_options) {
  auto const call = read({"exec", "-it", "auth", "--", "ls", "-l", "--json"});
  EXPECT_THAT(call.operands, ElementsAre("auth"));
  EXPECT_THAT(call.command, ElementsAre("ls", "-l", "--json"));
  EXPECT_TRUE(call.has("tty"));
  EXPECT_TRUE(call.has("interactive"));
  EXPECT_FALSE(call.has("json"));
}

TEST(a_command_to_run, may_follow_the_name_without_dashes) {
  auto const call = read({"exec", "-T", "auth", "sh", "-c", "exit 3"});
  EXPECT_THAT(call.operands, ElementsAre("auth"));
  EXPECT_THAT(call.command, ElementsAre("sh", "-c", "exit 3"));
}

TEST(a_command_to_run, may_leave_out_the_instance) {
  auto const call = read({"exec", "--", "true"});
  EXPECT_THAT(call.operands, IsEmpty());
  EXPECT_THAT(call.command, ElementsAre("true"));
}

TEST(a_wrong_word, is_refused_with_what_may_have_been_meant) {
  EXPECT_THAT(refusal_of({"statsu"}), HasSubstr("did you mean 'status'?"));
  EXPECT_THAT(refusal_of({"logs", "--folow"}), HasSubstr("did you mean 'follow'?"));
  EXPECT_THAT(refusal_of({"daemon", "begin"}), HasSubstr("it has: run, start, stop"));
  EXPECT_THAT(refusal_of({"ls", "auth"}), HasSubstr("does not take 'auth'"));
  EXPECT_THAT(refusal_of({"ls", "-o", "yaml"}), HasSubstr("table|wide|json|jsonl|name"));
  EXPECT_THAT(refusal_of({"import"}), HasSubstr("takes FILE"));
  EXPECT_THAT(refusal_of({"exec", "auth"}), HasSubstr("takes a command"));
  EXPECT_THAT(refusal_of({"exec", "--bogus", "auth", "x"}), HasSubstr("has no option"));
}

TEST(a_verb, is_never_abbreviated) { EXPECT_THAT(refusal_of({"stat"}), HasSubstr("no command")); }

TEST(a_value, is_refused_with_the_name_of_its_option) {
  EXPECT_THAT(read({"up", "--timeout", "5"}).duration("timeout").error().message, HasSubstr("--timeout"));
  EXPECT_THAT(read({"logs", "-n", "0"}).number("tail", 1, 100).error().message, HasSubstr("from 1 to 100"));
  EXPECT_EQ(read({"up", "--timeout", "1m30s"}).duration("timeout").value(), 90s);
}

TEST(no_words, are_a_call_without_a_verb) {
  EXPECT_EQ(read({}).which, nullptr);
  EXPECT_TRUE(read({"--version"}).has("version"));
  EXPECT_TRUE(read({"up", "-h"}).has("help"));
}

TEST(the_table_of_verbs, names_each_once_and_hides_no_option_of_all) {
  for (auto const& one : all_verbs()) {
    EXPECT_EQ(find_verb(one.name), &one);
    EXPECT_FALSE(one.about.empty()) << one.name;
    for (auto const& each : one.options)
      for (auto const& everywhere : global_options()) {
        EXPECT_NE(each.name, everywhere.name) << one.name;
        EXPECT_TRUE(each.letter == 0 || each.letter != everywhere.letter) << one.name;
      }
  }
}

}  // namespace
}  // namespace ostler::cli

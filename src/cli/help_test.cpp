#include "cli/help.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/pages.hpp"
#include "cli/text.hpp"
#include "tests/support/golden.hpp"

namespace ostler::cli {
namespace {

using testing::HasSubstr;

channel const plain({});

TEST(help, about_nothing_leads_with_what_to_type) {
  auto const text = overview(plain);
  EXPECT_TRUE(
      text.starts_with("ostler - run isolated dev and agent environments\n\nStart here\n  ostler up  "))
      << text;
  EXPECT_THAT(text, HasSubstr("Lifecycle    up  down  start  stop  restart  wait  prune\n"));
  EXPECT_EQ(text.find("__complete"), std::string::npos);
}

TEST(help, about_a_verb_tells_all_its_options) {
  for (auto const& one : all_verbs()) {
    auto const text = help_about(one.name, plain);
    ASSERT_TRUE(text);
    for (auto const& each : one.options) EXPECT_THAT(*text, HasSubstr("--" + std::string(each.name)));
  }
}

TEST(help, about_a_noun_lists_its_verbs) {
  EXPECT_THAT(help_about("daemon", plain).value(), HasSubstr("ostler daemon start"));
}

TEST(help, about_an_error_says_what_to_do_now) {
  auto const text = help_about("P0801", plain).value();
  EXPECT_THAT(text, HasSubstr("work_would_be_lost"));
  EXPECT_THAT(text, HasSubstr("exit code 8"));
}

// What an error tells people to do must be there to be done.
TEST(help, of_errors_names_only_verbs_that_there_are) {
  for (auto const& each : all_errors()) {
    std::string_view rest = each.help;
    for (auto at = rest.find("`ostler "); at != rest.npos; at = rest.find("`ostler ")) {
      rest.remove_prefix(at + std::string_view("`ostler ").size());
      auto const word = rest.substr(0, rest.find_first_of(" `"));
      auto const is_it = [&](verb const& one) { return one.name.substr(0, one.name.find(' ')) == word; };
      EXPECT_TRUE(std::ranges::any_of(all_verbs(), is_it)) << each.name << ": " << word;
    }
  }
}

TEST(help, about_exit_codes_and_environment_is_there) {
  EXPECT_THAT(help_about("exit-codes", plain).value(), HasSubstr("130  interrupted"));
  EXPECT_THAT(help_about("environment", plain).value(), HasSubstr("OSTLER_NO_AUTOSTART"));
}

TEST(help, about_what_is_not_there_names_what_is_near) {
  auto const refused = help_about("exit-code", plain);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("did you mean 'exit-codes'?"));
}

TEST(help, fits_the_terminal) {
  channel const narrow({.terminal = true, .columns = 60});
  auto const text = verb_help(*find_verb("logs"), narrow);
  for (std::size_t at = 0; at < text.size();) {
    auto const end = text.find('\n', at);
    EXPECT_LE(columns_of(text.substr(at, end - at)), 60U) << text.substr(at, end - at);
    at = end + 1;
  }
}

TEST(the_man_page, has_all_verbs_and_escapes_what_roff_would_read) {
  auto const page = man_page("1.0");
  EXPECT_TRUE(page.starts_with(".TH OSTLER 1 \"\" \"ostler 1.0\""));
  for (auto const& one : all_verbs()) {
    if (one.in == group::hidden) continue;
    EXPECT_THAT(page, HasSubstr(".SS ostler " + std::string(one.name))) << one.name;
  }
  EXPECT_THAT(page, HasSubstr("\\-\\-detach\\-keys"));
}

TEST(the_page_of_the_command_line, is_what_the_tables_say) {
  expect_golden("docs/reference/command-line.md", command_line_reference());
}

}  // namespace
}  // namespace ostler::cli

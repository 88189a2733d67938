#include "whereabouts/whereabouts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

namespace ostler::whereabouts {
namespace {

using testing::HasSubstr;

variables with(std::map<std::string, std::string, std::less<>> const& set) {
  return [set](std::string_view name) -> std::optional<std::string> {
    auto const found = set.find(name);
    if (found == set.end()) return std::nullopt;
    return found->second;
  };
}

TEST(the_state_directory, is_found_by_the_rules_of_xdg) {
  EXPECT_EQ(find_paths(with({{"HOME", "/h"}}))->state_directory, "/h/.local/state/ostler");
  EXPECT_EQ(find_paths(with({{"HOME", "/h"}, {"XDG_STATE_HOME", "/s"}}))->state_directory, "/s/ostler");
  EXPECT_EQ(find_paths(with({{"HOME", "/h"}, {"XDG_STATE_HOME", "not/absolute"}}))->state_directory,
            "/h/.local/state/ostler");
  EXPECT_EQ(find_paths(with({{"HOME", "/h"}, {"OSTLER_STATE", "/x"}}))->state_directory, "/x");
  EXPECT_EQ(find_paths(with({{"HOME", "/h"}, {"OSTLER_STATE", ""}}))->log,
            "/h/.local/state/ostler/daemon.log");
  EXPECT_EQ(find_paths(with({})).error().code, error_code::usage);
  EXPECT_EQ(find_paths(with({{"OSTLER_STATE", "x"}})).error().code, error_code::usage);
}

TEST(the_socket, is_in_the_runtime_directory_where_there_is_one) {
  EXPECT_EQ(find_paths(with({{"HOME", "/h"}, {"XDG_RUNTIME_DIR", "/run/user/7"}}))->socket,
            "/run/user/7/ostler/ostler.sock");
  EXPECT_EQ(find_paths(with({{"HOME", "/h"}}))->socket, "/h/.local/state/ostler/ostler.sock");
}

TEST(the_socket, belongs_to_the_state_that_was_named) {
  EXPECT_EQ(find_paths(with({{"XDG_RUNTIME_DIR", "/run/user/7"}, {"OSTLER_STATE", "/a"}}))->socket,
            "/a/ostler.sock");
}

TEST(the_socket, must_have_a_path_that_the_system_takes) {
  auto const fits = std::string(1, '/') + std::string(socket_path_max - 13, 'x');
  EXPECT_TRUE(find_paths(with({{"OSTLER_STATE", fits}})));
  auto const too_long = find_paths(with({{"OSTLER_STATE", fits + "x"}}));
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().code, error_code::value_out_of_range);
}

TEST(an_address, is_what_the_url_says_and_else_the_own_socket) {
  auto const own = find_address(with({{"OSTLER_STATE", "/a"}, {"OSTLER_TOKEN", "t"}}));
  ASSERT_TRUE(own);
  EXPECT_EQ(own->socket, "/a/ostler.sock");
  EXPECT_EQ(own->token, "t");
  EXPECT_TRUE(own->is_own);
  auto const other = find_address(with({{"OSTLER_STATE", "/a"}, {"OSTLER_URL", "http://localhost:7777/"}}));
  ASSERT_TRUE(other);
  EXPECT_EQ(other->text(), "localhost:7777");
  EXPECT_FALSE(other->is_own);
}

TEST(an_address, is_read_in_every_form_that_it_has) {
  EXPECT_EQ(parse_address("unix:/run/x.sock")->socket, "/run/x.sock");
  EXPECT_EQ(parse_address("unix:///run/x.sock")->socket, "/run/x.sock");
  EXPECT_EQ(parse_address("http://a.example")->port, 80);
  EXPECT_EQ(parse_address("http://[::1]:90")->host, "::1");
  EXPECT_EQ(parse_address("http://[::1]:90")->text(), "[::1]:90");
  for (auto const* bad :
       {"", "x", "unix:", "unix:x", "http://", "http://:1", "http://a:", "http://a:0", "http://a:65536",
        "http://a:1x", "http://[::1", "http://[::1]x", "http://a/b", "http://a b", "http://u@a", "ftp://a"})
    EXPECT_EQ(parse_address(bad).error().code, error_code::usage) << bad;
  EXPECT_EQ(parse_address("https://a").error().code, error_code::feature_missing);
}

TEST(a_token, that_could_begin_another_line_is_refused_and_not_repeated) {
  auto const refused = find_address(with({{"OSTLER_STATE", "/a"}, {"OSTLER_TOKEN", "secret\r\nX: y"}}));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, testing::Not(HasSubstr("secret")));
}

TEST(the_variables_of_this_process, are_looked_up) {
  EXPECT_TRUE(variables_of_this_process()("PATH"));
  EXPECT_FALSE(variables_of_this_process()("OSTLER_THAT_IS_NOT_SET"));
}

}  // namespace
}  // namespace ostler::whereabouts

// Users by the files of the place.
#include "keeper/environment/user.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "system/files.hpp"
#include "tests/support/temporary_directory.hpp"

namespace ostler::keeper {
namespace {

constexpr std::string_view passwd =
    "root:x:0:0:root:/root:/bin/bash\n"
    "# a comment\n"
    "+nis::::::\n"
    "broken:x:many:0::/:/bin/sh\n"
    "short:x:7\n"
    "dev:x:1000:1001:A Person,,,:/h/dev:/bin/zsh\n"
    "plain:x:1002:1002:::\n"
    "1000:x:77:77::/:/bin/false\n"
    "last:x:1003:1003::/l:/bin/sh";

constexpr std::string_view group =
    "root:x:0:\n"
    "dev:x:1001:\n"
    "docker:x:990:other,dev\n"
    "again:x:990:dev\n"
    "video:x:44:developer,devs\n"
    "broken:x:-1:dev\n"
    "own:x:1001:dev\n"
    "audio:x:29:dev";

TEST(a_user, is_found_by_name_with_all_groups) {
  EXPECT_EQ(find_user("dev", passwd, group).value(), (user_facts{.uid = 1000,
                                                                 .gid = 1001,
                                                                 .groups = {1001, 990, 29},
                                                                 .name = "dev",
                                                                 .home = "/h/dev",
                                                                 .shell = "/bin/zsh"}));
}

TEST(a_user, is_found_by_number_with_all_groups) {
  EXPECT_EQ(find_user("1000", passwd, group), find_user("dev", passwd, group));
  EXPECT_EQ(find_user("1003", passwd, group)->name, "last");
}

TEST(a_user, with_a_group_has_that_one_only) {
  EXPECT_EQ(
      find_user("dev:docker", passwd, group).value(),
      (user_facts{
          .uid = 1000, .gid = 990, .groups = {990}, .name = "dev", .home = "/h/dev", .shell = "/bin/zsh"}));
  EXPECT_EQ(find_user("1000:5", passwd, group)->groups, std::vector<std::uint32_t>{5});
}

TEST(a_user, whose_line_has_no_home_and_no_shell_gets_those_that_are_everywhere) {
  auto const found = find_user("plain", passwd, group).value();
  EXPECT_EQ(found.home, "/");
  EXPECT_EQ(found.shell, "/bin/sh");
}

TEST(a_user, who_is_only_a_number_never_gets_the_group_of_root) {
  EXPECT_EQ(find_user("4711", "", "").value(), (user_facts{.uid = 4711, .gid = 4711, .groups = {4711}}));
}

TEST(a_user, who_is_not_there_is_refused) {
  struct refusal {
    std::string_view wanted;
    std::string_view expected;
  };
  refusal const refusals[] = {
      {"", "user '': there is no user in it; write \"1000\", \"name\" or \"name:group\""},
      {":dev", "user ':dev': there is no user in it; write \"1000\", \"name\" or \"name:group\""},
      {"nobody", "user 'nobody': no line of the place's /etc/passwd has that name"},
      {"broken", "user 'broken': no line of the place's /etc/passwd has that name"},
      {"short", "user 'short': no line of the place's /etc/passwd has that name"},
      {"-1", "user '-1': no line of the place's /etc/passwd has that name"},
      {"4294967295", "user '4294967295': the number is too large for a user"},
      {"dev:nothing", "user 'dev:nothing': no line of the place's /etc/group has that group"},
      {"dev:", "user 'dev:': no line of the place's /etc/group has that group"},
      {"dev:4294967295", "user 'dev:4294967295': the number is too large for a group"},
      {"dev:1:2", "user 'dev:1:2': no line of the place's /etc/group has that group"},
  };
  for (auto const& each : refusals) {
    auto const found = find_user(each.wanted, passwd, group);
    ASSERT_FALSE(found) << each.wanted;
    EXPECT_EQ(found.error().message, each.expected);
    EXPECT_EQ(found.error().code, error_code::value_unknown);
  }
}

TEST(a_user, is_looked_for_in_the_files_of_a_place_that_may_have_none) {
  ostler::test::temporary_directory const place("user");
  auto const name = place.text();
  EXPECT_EQ(find_user_in(name, "12")->uid, 12U);
  EXPECT_FALSE(find_user_in(name, "dev"));
  ASSERT_TRUE(system::replace_file_at(AT_FDCWD, name + "/passwd", passwd, system::survives::killed));
  EXPECT_EQ(find_user_in(name, "dev")->groups, std::vector<std::uint32_t>{1001});
  ASSERT_TRUE(system::replace_file_at(AT_FDCWD, name + "/group", group, system::survives::killed));
  EXPECT_EQ(find_user_in(name, "dev")->groups.size(), 3U);
}

}  // namespace
}  // namespace ostler::keeper

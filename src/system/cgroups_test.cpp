// What /proc says of cgroups, read.
#include "system/cgroups.hpp"

#include <gtest/gtest.h>

namespace ostler::system {
namespace {

constexpr auto hybrid = R"(31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu\040set rw,relatime shared:7 master:2 - cgroup cgroup rw,cpu,cpuacct
34 31 0:31 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate
broken line
)";

TEST(mounted_cgroups, are_told_by_version_and_controllers) {
  auto const mounts = parse_cgroup_mounts(hybrid);
  ASSERT_EQ(mounts.size(), 4U);
  EXPECT_EQ(mounts[0].point, "/sys/fs/cgroup/cpu set");
  EXPECT_EQ(mounts[0].controllers, (std::vector<std::string>{"cpu", "cpuacct"}));
  EXPECT_EQ(mounts[1].root, "/docker/abc");
  EXPECT_FALSE(mounts[2].unified);
  EXPECT_TRUE(mounts[3].unified);
  EXPECT_TRUE(mounts[3].controllers.empty());
}

TEST(mounted_cgroups, are_none_where_the_text_makes_no_sense) {
  EXPECT_TRUE(parse_cgroup_mounts(" - cgroup2\n - \n\n1 2 3 - cgroup x y\n\\\\ - cgroup2 a b").empty());
}

TEST(the_cgroups_of_a_process, are_read_with_colons_in_their_paths) {
  auto const all =
      parse_cgroup_memberships("9:name=systemd:/\n2:cpu,cpuacct:/a:b\n0::/user.slice/x\nnonsense\n");
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[1].path, "/a:b");
  EXPECT_EQ(all[1].controllers, (std::vector<std::string>{"cpu", "cpuacct"}));
  EXPECT_TRUE(all[2].unified);
  EXPECT_FALSE(all[0].unified);
}

TEST(a_hierarchy, knows_where_a_cgroup_is_shown) {
  cgroup_hierarchy whole{.mount = {.root = "/", .point = "/m", .unified = true, .controllers = {}},
                         .own_path = "/"};
  EXPECT_EQ(whole.directory_of("/"), "/m");
  EXPECT_EQ(whole.directory_of("/a/b"), "/m/a/b");
  EXPECT_EQ(whole.path_of("/m/a/b"), "/a/b");
  EXPECT_EQ(whole.path_of("/m"), "/");
  cgroup_hierarchy part{.mount = {.root = "/c", .point = "/m", .unified = true, .controllers = {}},
                        .own_path = "/c"};
  EXPECT_EQ(part.directory_of("/c/b"), "/m/b");
  EXPECT_EQ(part.directory_of("/c"), "/m");
  EXPECT_EQ(part.directory_of("/cb"), std::nullopt);
  EXPECT_EQ(part.path_of("/m/b"), "/c/b");
}

TEST(a_path, is_within_itself_and_those_above) {
  EXPECT_TRUE(path_is_within("/a/b", "/a"));
  EXPECT_TRUE(path_is_within("/a", "/a"));
  EXPECT_TRUE(path_is_within("/a", "/"));
  EXPECT_FALSE(path_is_within("/ab", "/a"));
  EXPECT_FALSE(path_is_within("", "/"));
}

}  // namespace
}  // namespace ostler::system

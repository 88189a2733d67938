#include "lifecycle/policy/quota.hpp"

#include <gtest/gtest.h>
#include <limits>
#include <vector>

namespace ostler::lifecycle {
namespace {

TEST(quota, without_a_limit_everything_is_allowed) {
  quota_limits limits;
  EXPECT_TRUE(check(limits, {.provider = "docker", .type = "containers", .used = 1'000'000}, {}));
  limits.set("docker", "ports", 1);
  EXPECT_TRUE(check(limits, {.provider = "docker", .type = "containers", .used = 9}, {}));
  EXPECT_TRUE(check(limits, {.provider = "ssh", .type = "ports", .used = 9}, {}));
}

TEST(quota, the_last_one_fits_and_the_next_is_refused) {
  quota_limits limits;
  limits.set("docker", "containers", 4);
  EXPECT_TRUE(check(limits, {.provider = "docker", .type = "containers", .used = 3}, {}));
  auto const refused = check(limits, {.provider = "docker", .type = "containers", .used = 4},
                             std::vector<std::string>{"api", "web"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::limit_reached);
  EXPECT_EQ(refused.error().message,
            "docker allows 4 containers: 4 in use, held by api, web; 1 more asked for");
}

TEST(quota, five_holders_are_named_and_the_others_counted) {
  quota_limits limits;
  limits.set("*", "instances", 2);
  std::vector<std::string> holders{"a", "b", "c", "d", "e"};
  quota_request const request{.provider = "local", .type = "instances", .used = 2};
  EXPECT_NE(check(limits, request, holders).error().message.find("by a, b, c, d, e; 1"), std::string::npos);
  holders.insert(holders.end(), {"f", "g"});
  EXPECT_NE(check(limits, request, holders).error().message.find("d, e and 2 more;"), std::string::npos);
  EXPECT_EQ(check(limits, request, {}).error().message,
            "local allows 2 instances: 2 in use; 1 more asked for");
}

TEST(quota, a_providers_own_limit_comes_before_the_general_one) {
  quota_limits limits;
  limits.set("*", "ports", 1);
  limits.set("docker", "ports", 9);
  EXPECT_EQ(limits.limit("docker", "ports"), 9);
  EXPECT_EQ(limits.limit("ssh", "ports"), 1);
  EXPECT_EQ(limits.limit("ssh", "memory"), std::nullopt);
}

TEST(quota, huge_amounts_do_not_wrap_around) {
  constexpr auto huge = std::numeric_limits<std::int64_t>::max();
  quota_limits limits;
  limits.set("*", "memory", huge);
  EXPECT_FALSE(check(limits, {.provider = "p", .type = "memory", .used = huge, .wanted = huge}, {}));
  EXPECT_FALSE(check(limits, {.provider = "p", .type = "memory", .used = 1, .wanted = huge}, {}));
  EXPECT_TRUE(check(limits, {.provider = "p", .type = "memory", .used = -1, .wanted = huge}, {}));
}

}  // namespace
}  // namespace ostler::lifecycle

#include "operations/routes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "operations/all.hpp"

namespace ostler::operations {
namespace {

using testing::HasSubstr;

std::string found(std::string_view method, std::string_view path) {
  auto const route = all_routes().find(method, path);
  if (!route) return std::string(facts(route.error().code).name);
  std::string text(route->operation->about->name);
  for (auto const& [name, value] : route->fields()) text.append(" ").append(name).append("=").append(value);
  return text;
}

TEST(routes, find_each_operation_by_its_own_path) {
  for (auto const& entry : all()) {
    auto const route = all_routes().find(name(entry.about->method), entry.about->path);
    ASSERT_TRUE(route.has_value()) << entry.about->name << ": " << route.error().message;
    EXPECT_EQ(route->operation, &entry);
    for (auto const& [name, text] : route->fields()) EXPECT_EQ(text, "{" + std::string(name) + "}");
  }
}

TEST(routes, capture_what_stands_in_the_place_of_a_placeholder_as_it_is) {
  EXPECT_EQ(found("GET", "/api/v1/instances/auth"), "instances.get instance=auth");
  EXPECT_EQ(found("POST", "/api/v1/instances/auth/services/web/stop"),
            "services.stop instance=auth service=web");
  EXPECT_EQ(found("GET", "/api/v1/instances/a%2Fb"), "instances.get instance=a%2Fb");
  EXPECT_EQ(found("GET", "/api/v1/instances/.."), "instances.get instance=..");
}

TEST(routes, a_word_goes_before_a_placeholder_and_a_placeholder_takes_what_no_word_does) {
  EXPECT_EQ(found("GET", "/api/v1/agents/connect"), "agents.connect");
  EXPECT_EQ(found("GET", "/api/v1/agents/connecting"), "agents.get agent=connecting");
  EXPECT_EQ(found("GET", "/api/v1/agents/connect/status"), "agents.status agent=connect");
}

TEST(routes, normalise_nothing) {
  for (auto const* path :
       {"", "/", "api/v1/instances", "/api/v1/instances/", "//api/v1/instances", "/api/v1//instances",
        "/api/v1/instances//start", "/API/v1/instances", "/api/v1/inst%61nces", "/api/v1/instances/a/b",
        "/api/v1", "/api/v1/instances/auth/../auth", "/health/"})
    EXPECT_EQ(found("GET", path), "operation_unknown") << path;
  EXPECT_EQ(found("GET", std::string_view("/health\0", 8)), "operation_unknown");
  EXPECT_EQ(found("GET", "/api/v1/instances/" + std::string(100'000, 'a')), "operation_unknown");
  EXPECT_EQ(found("GET", std::string(8000, '/')), "operation_unknown");
}

TEST(routes, another_method_is_refused_with_those_that_fit) {
  auto const refused = all_routes().find("PUT", "/api/v1/instances/auth");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, error_code::method_refused);
  EXPECT_EQ(refused.error().detail, "GET, PATCH, DELETE");
  EXPECT_THAT(refused.error().message, HasSubstr("'PUT'"));
  EXPECT_EQ(found("get", "/health"), "method_refused");
  EXPECT_EQ(found("", "/health"), "method_refused");
}

}  // namespace
}  // namespace ostler::operations

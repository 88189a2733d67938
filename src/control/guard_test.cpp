#include "control/guard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operations/all.hpp"

namespace ostler::control {
namespace {

using operations::operation_kind;
using operations::operation_scope;

std::vector<std::string> const ours = authorities_of(7070);

instance_id number(std::uint64_t n) { return instance_id::make(wall_time(1s), n, n); }
std::optional<instance_id> find(std::string_view text) {
  if (text == "web" || text == number(1).text()) return number(1);
  return text == "other" || text == number(2).text() ? std::optional(number(2)) : std::nullopt;
}

class a_guard : public testing::Test {
 public:
  a_guard() {
    admin = *tokens.add("all", token_scope::admin);
    reader = *tokens.add("reader", token_scope::read_only);
    inside = tokens.of_instance(number(1));
  }

  // As the door does it: the page first, then the route, then the token, then its scope.
  result<caller> decide(knock const& what, operations::route const& route) const {
    if (auto const done = refuse_pages(what, ours); !done) return std::unexpected(done.error());
    if (is_public(*route.operation->about)) return caller{};
    auto who = identify(what, tokens);
    if (!who) return who;
    if (auto const done = allow(*who, route, find); !done) return std::unexpected(done.error());
    return who;
  }

  token_book tokens{random_digest(), {}};
  std::string admin;
  std::string reader;
  std::string inside;
};

struct value_and_verdict {
  std::vector<std::string_view> values;
  bool good;
};

std::vector<value_and_verdict> const hosts{{{"localhost:7070"}, true},
                                           {{"127.0.0.1:7070"}, true},
                                           {{"[::1]:7070"}, true},
                                           {{"LocalHost:7070"}, true},
                                           {{"localhost"}, false},
                                           {{"localhost:7071"}, false},
                                           {{"evil.example:7070"}, false},
                                           {{"0.0.0.0:7070"}, false},
                                           {{""}, false},
                                           {{}, false},
                                           {{"localhost:7070.evil"}, false},
                                           {{"localhost:7070", "localhost:7070"}, false}};
std::vector<value_and_verdict> const origins{{{}, true},
                                             {{"http://localhost:7070"}, true},
                                             {{"http://[::1]:7070"}, true},
                                             {{"https://localhost:7070"}, false},
                                             {{"http://localhost:7071"}, false},
                                             {{"http://evil.example"}, false},
                                             {{"null"}, false},
                                             {{""}, false},
                                             {{"http://localhost:7070", "http://evil.example"}, false}};
std::vector<value_and_verdict> const sites{{{}, true},
                                           {{"same-origin"}, true},
                                           {{"none"}, true},
                                           {{"same-site"}, false},
                                           {{"cross-site"}, false},
                                           {{"Same-Origin"}, false},
                                           {{"none", "cross-site"}, false}};

// The path of an operation with an instance in it.
std::string path_for(operations::operation_facts const& about, std::string_view instance) {
  std::string path;
  operations::each_segment(about.path, [&](std::string_view segment) {
    path += '/';
    path += segment == "{instance}" ? instance : operations::is_placeholder(segment) ? "x" : segment;
    return true;
  });
  return path;
}

// What the facts of the operation say, in other words than the guard's.
bool may(operations::operation_facts const& about, token_scope scope, bool names_own_instance) {
  if (scope == token_scope::admin) return true;
  if (about.scope == operation_scope::admin) return false;
  if (scope == token_scope::read_only) return about.kind == operation_kind::read;
  return !operations::is_in_path(about, "instance") || names_own_instance;
}

TEST_F(a_guard, decides_every_route_by_every_field_and_token) {
  struct {
    std::string_view token;
    std::optional<token_scope> scope;
  } const bearers[] = {{"", std::nullopt},
                       {"wrong", std::nullopt},
                       {admin, token_scope::admin},
                       {reader, token_scope::read_only},
                       {inside, token_scope::one_instance}};
  std::size_t cases = 0;
  for (auto const& entry : operations::all())
    for (std::string_view const instance : {"web", "other", "nobody"}) {
      auto const path = path_for(*entry.about, instance);
      auto const route = operations::all_routes().find(name(entry.about->method), path);
      ASSERT_TRUE(route) << path;
      for (auto const& host : hosts)
        for (auto const& origin : origins)
          for (auto const& site : sites)
            for (auto const& [token, scope] : bearers) {
              auto const authorization = "Bearer " + std::string(token);
              knock what{.host = host.values, .origin = origin.values, .fetch_site = site.values};
              if (!token.empty()) what.authorization = {authorization};
              auto const got = decide(what, *route);
              bool const from_us = host.good && origin.good && site.good;
              bool const entitled =
                  is_public(*entry.about) || (scope && may(*entry.about, *scope, instance == "web"));
              ASSERT_EQ(got.has_value(), from_us && entitled)
                  << entry.about->name << " at " << path << (got ? "" : got.error().message);
              if (!from_us) {
                ASSERT_EQ(got.error().code, error_code::origin_refused);
              }
              ++cases;
            }
    }
  EXPECT_EQ(cases, operations::all().size() * 3 * hosts.size() * origins.size() * sites.size() * 5);
}

TEST_F(a_guard, lets_our_own_user_in_by_the_unix_socket_without_a_token) {
  for (auto const& host : std::vector<std::vector<std::string_view>>{
           {}, {""}, {"localhost"}, {"localhost:1"}, {"127.0.0.1"}, {"[::1]"}, {"[::1]:80"}}) {
    knock const what{.door = door_kind::unix_socket, .host = host};
    EXPECT_TRUE(refuse_pages(what, ours));
    auto const who = identify(what, tokens);
    ASSERT_TRUE(who);
    EXPECT_EQ(who->scope, token_scope::admin);
    EXPECT_EQ(who->actor, "user");
  }
  for (auto const& host : std::vector<std::vector<std::string_view>>{
           {"evil.example"}, {"localhost.evil"}, {"::1"}, {"localhost", "localhost"}})
    EXPECT_FALSE(refuse_pages({.door = door_kind::unix_socket, .host = host}, ours));
}

TEST_F(a_guard, gives_a_token_no_more_than_its_own_by_the_unix_socket) {
  auto const authorization = "Bearer " + reader;
  auto const who = identify({.door = door_kind::unix_socket, .authorization = {authorization}}, tokens);
  ASSERT_TRUE(who);
  EXPECT_EQ(who->scope, token_scope::read_only);
  EXPECT_EQ(who->actor, "token reader");
  EXPECT_FALSE(identify({.door = door_kind::unix_socket, .authorization = {"Bearer wrong"}}, tokens));
}

TEST_F(a_guard, takes_a_token_as_a_subprotocol) {
  auto const protocol = std::string(token_protocol) + inside;
  auto const who = identify({.protocols = {"ostler.v1", protocol}}, tokens);
  ASSERT_TRUE(who);
  EXPECT_EQ(who->scope, token_scope::one_instance);
  EXPECT_EQ(who->instance, number(1));
  EXPECT_EQ(who->actor, number(1).text());
  EXPECT_FALSE(identify({.protocols = {protocol, protocol}}, tokens));
  EXPECT_FALSE(identify({.protocols = {token_protocol}}, tokens));
}

TEST_F(a_guard, refuses_what_is_no_token) {
  auto const right = "Bearer " + admin;
  for (auto const& values : std::vector<std::vector<std::string_view>>{
           {right, right}, {admin}, {"Bearer "}, {"Bearer"}, {"Basic dTpw"}, {""}})
    EXPECT_EQ(identify({.authorization = values}, tokens).error().code, error_code::not_authorized);
}

TEST_F(a_guard, finds_an_instance_behind_percent_signs) {
  auto const route = operations::all_routes().find("GET", "/api/v1/instances/%6fther");
  ASSERT_TRUE(route);
  EXPECT_FALSE(allow({.scope = token_scope::one_instance, .instance = number(1)}, *route, find));
  EXPECT_TRUE(allow({.scope = token_scope::one_instance, .instance = number(2)}, *route, find));
}

TEST_F(a_guard, leaves_out_the_port_only_where_clients_do) {
  EXPECT_THAT(authorities_of(80), testing::Contains("localhost"));
  EXPECT_THAT(authorities_of(8080), testing::Not(testing::Contains("localhost")));
}

}  // namespace
}  // namespace ostler::control

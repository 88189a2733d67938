#include "wire/service_checks.hpp"

#include <csignal>
#include <gtest/gtest.h>

namespace ostler::wire {
namespace {

service_spec named(std::string name, std::vector<std::string> needs = {}) {
  service_spec spec{.name = std::move(name)};
  spec.command = {"true"};
  spec.needs = std::move(needs);
  return spec;
}

TEST(a_signal, is_known_by_name_and_number) {
  EXPECT_EQ(parse_signal("TERM").value(), SIGTERM);
  EXPECT_EQ(parse_signal("SIGUSR1").value(), SIGUSR1);
  EXPECT_EQ(parse_signal("9").value(), SIGKILL);
  EXPECT_FALSE(parse_signal("99"));
}

TEST(the_check_of_services, refuses_what_can_never_start) {
  EXPECT_TRUE(check_services({named("web", {"db"}), named("db")}));
  EXPECT_EQ(check_services({named("web"), named("web")}).error().code, error_code::name_taken);
  EXPECT_EQ(check_services({named("web", {"db"})}).error().code, error_code::service_unknown);
  auto const circle = check_services({named("a", {"b"}), named("b", {"a"}), named("c")});
  ASSERT_FALSE(circle);
  EXPECT_EQ(circle.error().message, "these services need each other in a circle: a, b");
}

TEST(the_check_of_limits, refuses_less_than_nothing_and_says_whose_it_is) {
  EXPECT_TRUE(check_limits({}, "the whole instance"));
  auto const refused = check_limits({.memory_bytes = 1, .pids = -1}, "the whole instance");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::value_out_of_range);
  EXPECT_EQ(refused.error().message,
            "the whole instance: limits.pids is -1; allowed: 0 for no limit, or more");
  auto web = named("web");
  web.limits.memory_bytes = -5;
  auto const refused_of_one = check_services({web});
  ASSERT_FALSE(refused_of_one);
  EXPECT_TRUE(refused_of_one.error().message.starts_with("service web: limits.memory_bytes is -5"));
}

TEST(the_check_of_services, refuses_agent_servers_that_cannot_be_dialled) {
  auto server = named("server");
  server.websocket = "/agent?v=1";
  EXPECT_EQ(check_services({server}).error().message,
            "service server: an agent server is dialled, but the service has no port");
  server.port.kind = port_kind::automatic;
  EXPECT_TRUE(check_services({server}));
  for (auto const* path : {"agent", "/a b", "/a\r\nX: y", "/\xc3\xbc"}) {
    auto wrong = server;
    wrong.websocket = path;
    EXPECT_EQ(check_services({wrong}).error().code, error_code::value_unknown) << path;
  }
  auto beats = server;
  beats.heartbeat.missed = 0;
  EXPECT_EQ(check_services({beats}).error().code, error_code::value_out_of_range);
  beats.heartbeat = {.every = 1ms};
  EXPECT_EQ(check_services({beats}).error().code, error_code::value_out_of_range);
}

}  // namespace
}  // namespace ostler::wire

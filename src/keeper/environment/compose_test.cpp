// The environment of a service from its layers, and what every service is told.
#include "keeper/environment/compose.hpp"

#include <gtest/gtest.h>

#include "keeper/environment/injected.hpp"

namespace ostler::keeper {
namespace {

using lines = std::vector<std::string>;

TEST(an_environment, takes_the_last_of_each_name_and_expands_with_what_came_before) {
  environment_layer const layers[] = {
      plain_layer{{"HOME=/h", "KEPT=$HOME ${X", "BASH_FUNC_x%%=() { :; }"}},
      spec_layer{.origin = "env", .list = {"A=${HOME}/a", "B=$A:${OSTLER_PORT_DB}", "PRICE=5$$"}},
      file_layer{.path = ".env", .text = "A=$A/file\nexport C=\"${B}\"\n"},
      spec_layer{.origin = "env of service web", .list = {"D=$C", "HOME=/other", "E=$HOME"}},
  };
  auto const made = compose_environment(layers);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(*made, (lines{"A=/h/a/file", "B=/h/a:", "BASH_FUNC_x%%=() { :; }",
                          "C=/h/a:", "D=/h/a:", "E=/other", "HOME=/other", "KEPT=$HOME ${X", "PRICE=5$"}));
}

TEST(an_environment, leaves_out_of_what_was_there_only_what_names_nothing) {
  environment_layer const layers[] = {plain_layer{{"=C:", "nothing", "A="}}};
  EXPECT_EQ(compose_environment(layers).value(), (lines{"A="}));
}

TEST(an_environment, is_refused_with_the_place_that_is_wrong) {
  struct refusal {
    std::string line;
    std::string_view expected;
  };
  refusal const refusals[] = {
      {"A", "env of service web: 'A' is not NAME=value"},
      {"", "env of service web: '' is not NAME=value"},
      {"=x",
       "env of service web: '' is no name of a variable; allowed: letters, digits and '_', not "
       "beginning with a digit"},
      {"a-b=x",
       "env of service web: 'a-b' is no name of a variable; allowed: letters, digits and '_', not "
       "beginning with a digit"},
      {"A=${", "env of service web: 'A': '${' has no '}'"},
      {std::string("A=\0", 3),
       "env of service web: the variable 'A' holds a zero byte, which no environment can"},
  };
  for (auto const& each : refusals) {
    environment_layer const layers[] = {spec_layer{.origin = "env of service web", .list = {each.line}}};
    auto const made = compose_environment(layers);
    ASSERT_FALSE(made) << each.line;
    EXPECT_EQ(made.error().message, each.expected);
  }
  environment_layer const layers[] = {file_layer{.path = "conf/.env", .text = "x"}};
  EXPECT_EQ(compose_environment(layers).error().message, "conf/.env, line 1: 'x' is not NAME=value");
}

TEST(a_service, is_told_where_it_is_and_where_the_others_are) {
  instance_facts const place{.id = "i-1",
                             .name = "fix-login",
                             .generation = 3,
                             .workspace = "/w",
                             .keeper_socket = "/k/keeper.sock",
                             .notify_socket = "/k/notify.sock"};
  service_ports const ports{{"db", 10'001}, {"web-api", 10'002}};
  EXPECT_EQ(injected_variables(place, "web-api", ports, readiness_told::by_notify),
            (lines{"OSTLER_INSTANCE=i-1", "OSTLER_INSTANCE_NAME=fix-login", "OSTLER_INSTANCE_SLUG=fix_login",
                   "OSTLER_GENERATION=3", "OSTLER_SERVICE=web-api", "OSTLER_WORKSPACE=/w",
                   "OSTLER_KEEPER_SOCK=/k/keeper.sock", "PORT=10002", "OSTLER_PORT_DB=10001",
                   "OSTLER_URL_DB=http://127.0.0.1:10001", "OSTLER_PORT_WEB_API=10002",
                   "OSTLER_URL_WEB_API=http://127.0.0.1:10002", "NOTIFY_SOCKET=/k/notify.sock"}));
}

TEST(a_service, without_a_port_or_a_wish_to_notify_is_told_of_neither) {
  EXPECT_EQ(injected_variables({.id = "i", .name = "n", .workspace = "/w", .keeper_socket = "/s"}, "job",
                               {{"db", 1}}, readiness_told::no),
            (lines{"OSTLER_INSTANCE=i", "OSTLER_INSTANCE_NAME=n", "OSTLER_INSTANCE_SLUG=n",
                   "OSTLER_GENERATION=0", "OSTLER_SERVICE=job", "OSTLER_WORKSPACE=/w",
                   "OSTLER_KEEPER_SOCK=/s", "OSTLER_PORT_DB=1", "OSTLER_URL_DB=http://127.0.0.1:1"}));
}

}  // namespace
}  // namespace ostler::keeper

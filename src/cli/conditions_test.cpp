#include "cli/conditions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ostler::cli {
namespace {

using operations::instance;
using operations::instance_health;
using operations::instance_state;
using operations::service_state;

standing of(std::string_view text, instance const& about) {
  return judge(parse_condition(text).value(), &about);
}

instance with_web(service_state state, bool ready) {
  instance out;
  out.state = instance_state::running;
  out.health = instance_health::healthy;
  out.services.push_back({.name = "web", .state = state, .ready = ready});
  return out;
}

TEST(a_condition, is_about_an_instance_or_a_service) {
  EXPECT_EQ(parse_condition("ready")->kind, condition_kind::ready);
  EXPECT_EQ(parse_condition("service/web")->service, "web");
  EXPECT_EQ(parse_condition("service:web=stopped")->kind, condition_kind::stopped);
}

TEST(a_condition, that_is_none_is_refused) {
  for (auto const* bad : {"", "redy", "service/", "service/WEB", "service/web=deleted", "service/web="}) {
    auto const read = parse_condition(bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().code, error_code::usage);
  }
}

TEST(an_instance, is_waited_for_while_it_may_still_become_so) {
  instance what;
  what.state = instance_state::starting;
  what.wanted = operations::instance_wanted::running;
  EXPECT_EQ(of("ready", what), standing::not_yet);
  what.state = instance_state::failed;
  EXPECT_EQ(of("ready", what), standing::never);
  EXPECT_EQ(of("error", what), standing::holds);
  what.state = instance_state::stopped;
  EXPECT_EQ(of("stopped", what), standing::holds);
  what.attention.kind = operations::attention_kind::review;
  EXPECT_EQ(of("attention", what), standing::holds);
}

TEST(an_instance, that_is_gone_is_deleted_and_nothing_else) {
  EXPECT_EQ(judge(parse_condition("deleted").value(), nullptr), standing::holds);
  EXPECT_EQ(judge(parse_condition("ready").value(), nullptr), standing::never);
}

TEST(an_instance, that_is_running_and_out_of_sight_is_not_ready) {
  auto what = with_web(service_state::unknown, false);
  what.health = instance_health::unknown;
  EXPECT_EQ(of("running", what), standing::holds);
  EXPECT_EQ(of("ready", what), standing::not_yet);
}

TEST(an_instance, with_a_service_that_has_given_up_will_not_become_ready) {
  auto what = with_web(service_state::error, false);
  what.health = instance_health::error;
  EXPECT_EQ(of("ready", what), standing::never);
  EXPECT_EQ(of("running", what), standing::holds);
  EXPECT_EQ(of("error", what), standing::holds);
}

TEST(a_service, is_waited_for_by_its_own_state) {
  EXPECT_EQ(of("service/web=ready", with_web(service_state::running, true)), standing::holds);
  EXPECT_EQ(of("service/web", with_web(service_state::running, false)), standing::not_yet);
  EXPECT_EQ(of("service/web", with_web(service_state::error, false)), standing::never);
  EXPECT_EQ(of("service/web=error", with_web(service_state::error, false)), standing::holds);
  EXPECT_EQ(of("service/db", with_web(service_state::running, true)), standing::never);
}

}  // namespace
}  // namespace ostler::cli

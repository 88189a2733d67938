#include "answers/told.hpp"

#include <gtest/gtest.h>

#include "answers/waiting.hpp"

namespace ostler::answers {
namespace {

using lifecycle::phase;

lifecycle::instance running() {
  lifecycle::instance it;
  it.id = instance_id::make(wall_time(milliseconds(1)), 2, 3);
  it.spec = {.name = "web", .provider = "here", .project = "/p"};
  it.spec.services = {{.name = "server", .port_wanted = true, .port = 10'001},
                      {.name = "migrate", .task = true}};
  it.now = phase::running;
  it.wanted = lifecycle::goal::running;
  it.link = lifecycle::link_view::registered;
  it.services = {
      {.name = "server", .state = "running", .ready = true, .port = 10'001, .message = "Running :10001"},
      {.name = "migrate", .state = "stopped", .message = "Done"}};
  return it;
}

TEST(an_instance, is_told_in_the_words_of_the_lifecycle) {
  auto const it = running();
  auto const out = told(it, {.reconnect_attempts = 5});
  EXPECT_EQ(out.message, lifecycle::message_of(it));
  EXPECT_EQ(out.state, operations::instance_state::running);
  EXPECT_EQ(out.health, operations::instance_health::healthy);
  EXPECT_EQ(out.link.attempts_max, 5U);
  ASSERT_EQ(out.services.size(), 2U);
  EXPECT_EQ(out.services[0].url, "http://127.0.0.1:10001");
  EXPECT_EQ(out.services[1].kind, wire::service_kind_told::task);
  EXPECT_FALSE(out.services[1].port);
  EXPECT_FALSE(out.error);
}

TEST(an_instance, that_failed_says_why) {
  auto it = running();
  it.now = phase::start_failed;
  it.failed = lifecycle::failure{.why = {error_code::port_taken, "port 1 is taken", "by 7", {"look"}}};
  auto const out = told(it, {});
  EXPECT_EQ(out.state, operations::instance_state::failed);
  EXPECT_EQ(out.message, "port 1 is taken");
  ASSERT_TRUE(out.error);
  EXPECT_EQ(out.error->code, "P0301");
  EXPECT_EQ(out.error->instance, "web");
}

TEST(a_service, that_nobody_heard_of_is_idle_and_one_that_nobody_sees_is_unknown) {
  auto it = running();
  it.services.erase(it.services.begin());
  it.services[0].state = "unknown";
  it.services[0].message = "Done";
  auto const out = services_of(it);
  EXPECT_EQ(out[0].state, operations::service_state::idle);
  EXPECT_EQ(out[0].message, "Not started");
  EXPECT_EQ(out[0].port, 10'001);
  EXPECT_EQ(out[1].state, operations::service_state::unknown);
  EXPECT_EQ(out[1].message, "Unknown");
  auto const map = map_of(it, {});
  EXPECT_EQ(map.services[1].brief.state, operations::service_state::unknown);
  EXPECT_FALSE(map.services[1].brief.running);
}

TEST(an_instance, is_ready_when_what_it_requires_is) {
  auto it = running();
  EXPECT_TRUE(is_ready(it));
  it.services[0].ready = false;
  EXPECT_FALSE(is_ready(it));
  it.spec.services[0].required = false;
  EXPECT_TRUE(is_ready(it));
  it.now = phase::connected;
  EXPECT_FALSE(is_ready(it));
}

TEST(a_condition, holds_or_does_not) {
  auto it = running();
  for (auto const* each : {"ready", "running", "service:server", "service:migrate"})
    EXPECT_TRUE(holds(each, &it)) << each;
  for (auto const* each : {"stopped", "error", "attention", "deleted", "service:none"})
    EXPECT_FALSE(holds(each, &it)) << each;
  it.services[0].state = "error";
  EXPECT_TRUE(holds("error", &it));
  it.needs = {.kind = lifecycle::attention_kind::review, .text = "look", .since = {}};
  EXPECT_TRUE(holds("attention", &it));
  EXPECT_TRUE(holds("deleted", nullptr));
  EXPECT_FALSE(holds("stopped", nullptr));
}

TEST(a_deleted_instance, is_told_as_such) {
  auto const out = told_deleted(running(), {});
  EXPECT_EQ(out.state, operations::instance_state::deleted);
  EXPECT_EQ(out.message, "Deleted");
  EXPECT_TRUE(out.detail.empty());
}

TEST(an_instance, is_told_which_limits_of_the_whole_hold_and_warns_of_the_others) {
  operations::instance out{.name = "web"};
  wire::keeper_status status{.keeper = {.features = {"limits"}}};
  status.limits = {{.what = "memory", .full = true, .how = "1 GiB, by cgroup1"},
                   {.what = "pids", .full = false, .how = "9 processes, not enforced: why"}};
  status.services = {{.name = "db", .limits = {"memory: cgroup1", "cpu: not enforced"}}};
  wire::limits_spec const wanted{.memory_bytes = 1 << 30, .pids = 9};
  enrich(out, wanted, status);
  EXPECT_EQ(out.limits.size(), 2U);
  EXPECT_EQ(out.warnings, (std::vector<std::string>{
                              "the limit of pids for the whole does not hold: 9 processes, not enforced: why",
                              "service db is not held to a limit by a cgroup: cpu: not enforced"}));
}

TEST(an_instance, whose_keeper_knows_no_limits_of_the_whole_says_so) {
  operations::instance out{.name = "web"};
  enrich(out, {.open_files = 5}, {});
  EXPECT_TRUE(out.warnings.empty());
  enrich(out, {.pids = 5}, {});
  ASSERT_EQ(out.warnings.size(), 1U);
  EXPECT_TRUE(out.warnings[0].starts_with("the limits of the whole do not hold: the keeper of web is older"));
  // Not before it was told them.
  out = {.name = "web", .changing = true};
  enrich(out, {.pids = 5}, {});
  EXPECT_TRUE(out.warnings.empty());
}

}  // namespace
}  // namespace ostler::answers

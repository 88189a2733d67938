#include "answers/spec_changes.hpp"

#include <gtest/gtest.h>

namespace ostler::answers {
namespace {

lifecycle::instance_spec spec(std::uint16_t port) {
  supervisor::instance_wish wish{.name = "web", .provider = "here", .project = "/p"};
  wire::service_spec service{.name = "server"};
  service.command = {"run"};
  service.port.kind = wire::port_kind::automatic;
  wish.plan.services.push_back(service);
  auto out = supervisor::spec_of(std::move(wish));
  out.services.front().port = port;
  return out;
}

TEST(specs, differ_in_what_was_asked_for_and_not_in_ports_that_we_chose) {
  EXPECT_TRUE(differences(spec(10'000), spec(0)).empty());
  auto other = spec(0);
  other.project = "/q";
  auto plan = supervisor::read_plan(other.settings).value();
  plan.env = {"A=1"};
  plan.settings = R"({"mode":"copy"})";
  other.settings = supervisor::write_plan(plan);
  EXPECT_EQ(differences(spec(0), other), (std::vector<std::string>{"project", "env", "settings"}));
}

wire::service_spec running(std::string name, std::string command) {
  wire::service_spec service{.name = std::move(name)};
  service.command = {std::move(command)};
  return service;
}

TEST(a_change, names_what_becomes_of_each_service_and_leaves_the_others_alone) {
  supervisor::instance_plan before{
      .services = {running("web", "a"), running("db", "a"), running("old", "a")}};
  supervisor::instance_plan after{.services = {running("web", "b"), running("db", "a"), running("new", "a")}};
  // Whether it starts by itself says nothing of what runs.
  after.services[1].autostart = false;
  using kind = operations::service_change_kind;
  auto const changes = service_changes(before, after);
  ASSERT_EQ(changes.size(), 3U);
  EXPECT_EQ(changes[0].service, "web");
  EXPECT_EQ(changes[0].what, kind::restart);
  EXPECT_EQ(changes[1].service, "new");
  EXPECT_EQ(changes[1].what, kind::create);
  EXPECT_EQ(changes[2].service, "old");
  EXPECT_EQ(changes[2].what, kind::remove);
}

TEST(a_change, of_the_limits_of_the_whole_starts_nothing_anew) {
  supervisor::instance_plan before{.services = {running("web", "a"), running("db", "a")}};
  auto after = before;
  after.limits = {.memory_bytes = 1 << 20, .cpu_milli = 500, .pids = 10};
  EXPECT_TRUE(service_changes(before, after).empty());
}

TEST(a_change, of_open_files_starts_those_anew_that_have_no_number_of_their_own) {
  supervisor::instance_plan before{.services = {running("web", "a"), running("db", "a")}};
  before.services[1].limits.open_files = 5000;
  auto after = before;
  after.limits.open_files = 1000;
  auto const changes = service_changes(before, after);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].service, "web");
  EXPECT_EQ(supervisor::with_defaults(after)[1].limits.open_files, 5000);
}

TEST(a_change, takes_what_is_given_and_leaves_the_rest) {
  auto wish = wish_of(spec(0)).value();
  wish.plan.env = {"A=1"};
  wish.plan.before_close = {"bye"};
  change(wish, {.env = std::vector<std::string>{"A=2"}, .keep_on_error = true});
  EXPECT_EQ(wish.plan.env, std::vector<std::string>{"A=2"});
  EXPECT_EQ(wish.plan.before_close, std::vector<std::string>{"bye"});
  EXPECT_TRUE(wish.keep_on_error);
  EXPECT_EQ(wish.plan.services.size(), 1U);
}

TEST(a_change, of_every_part_is_seen_as_a_difference) {
  auto const there = wish_of(spec(0)).value();
  auto wish = there;
  change(wish, {.services = std::vector{running("server", "other")},
                .env = std::vector<std::string>{"A=2"},
                .env_files = std::vector<std::string>{".env"},
                .after_connected = std::vector<std::string>{"a"},
                .before_close = std::vector<std::string>{"b"},
                .copy = std::vector<std::string>{".env"},
                .limits = wire::limits_spec{.pids = 10},
                .open = "server",
                .optional_services = std::vector<std::string>{"server"},
                .keep_on_error = true,
                .settings = operations::unread_json{R"({"mode":"copy"})"}});
  EXPECT_EQ(
      differences(spec(0), supervisor::spec_of(wish)),
      (std::vector<std::string>{"keep_on_error", "services", "env", "env_files", "after_connected",
                                "before_close", "copy", "limits", "open", "optional_services", "settings"}));
  EXPECT_EQ(needing_restart({"services", "env", "open", "copy"}), (std::vector<std::string>{"env", "copy"}));
}

TEST(a_wish, that_names_a_service_it_does_not_have_is_refused) {
  auto wish = wish_of(spec(0)).value();
  wish.plan.open = "web";
  ASSERT_FALSE(check_wish(wish).has_value());
  EXPECT_EQ(check_wish(wish).error().code, error_code::service_unknown);
  wish.plan.open = "server";
  EXPECT_TRUE(check_wish(wish).has_value());
}

TEST(a_wish, that_limits_the_whole_to_less_than_nothing_is_refused) {
  auto wish = wish_of(spec(0)).value();
  wish.plan.limits.pids = -1;
  ASSERT_FALSE(check_wish(wish).has_value());
  EXPECT_EQ(check_wish(wish).error().code, error_code::value_out_of_range);
}

TEST(a_service, that_is_optional_is_not_required) {
  auto wish = wish_of(spec(0)).value();
  wish.plan.optional_services = {"server"};
  EXPECT_FALSE(supervisor::spec_of(wish).services.front().required);
}

}  // namespace
}  // namespace ostler::answers

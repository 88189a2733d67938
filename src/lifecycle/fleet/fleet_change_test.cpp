// Another spec for an instance that exists: kept first, brought to the keeper that runs, refused where it
// cannot be; and what becomes of its ports.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lifecycle/fleet/test/driven_fleet.hpp"

namespace ostler::lifecycle {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

instance_spec shop() {
  return {.name = "shop",
          .provider = "docker",
          .project = "/src/shop",
          .services = {{.name = "web", .port_wanted = true}, {.name = "worker"}}};
}

instance_spec with(instance_spec spec, service_spec service) {
  spec.services.push_back(std::move(service));
  return spec;
}

instance_spec without(instance_spec spec, std::string_view service) {
  std::erase_if(spec.services, [&](service_spec const& each) { return each.name == service; });
  return spec;
}

fleet_step change(driven_fleet& one, instance_spec spec) {
  return one.give(change_asked{.id = one.at("shop").id, .spec = std::move(spec), .actor = "user"});
}

std::uint16_t port_of(driven_fleet const& one, std::string_view service) {
  auto const& services = one.at("shop").spec.services;
  return std::ranges::find(services, service, &service_spec::name)->port;
}

std::vector<std::string> services_told(driven_fleet const& one) {
  std::vector<std::string> names;
  for (auto const& each : one.at("shop").services) names.push_back(each.name);
  return names;
}

TEST(fleet_change, a_running_instance_is_brought_to_it_and_the_change_is_told) {
  driven_fleet one;
  one.create(shop()), one.start("shop"), one.settle();
  auto const done = change(one, with(shop(), {.name = "db", .port_wanted = true}));
  ASSERT_TRUE(done.answer.has_value());
  EXPECT_THAT(done.changed, ElementsAre(one.at("shop").id));
  EXPECT_TRUE(done.growth);
  EXPECT_EQ(one.events.back().type, "instance.changed");
  EXPECT_EQ(one.events.back().actor, "user");
  EXPECT_THAT(one.orders_waiting(), Contains(HasSubstr("apply services")));
  one.settle();
  EXPECT_EQ(one.at("shop").now, phase::running);
  EXPECT_EQ(one.at("shop").keeper_spec_version, one.at("shop").spec_version);
  EXPECT_NE(port_of(one, "db"), 0);
}

TEST(fleet_change, a_stopped_instance_has_it_at_its_next_start_and_no_keeper_is_told) {
  driven_fleet one;
  one.create(shop()), one.start("shop"), one.settle(), one.stop("shop"), one.settle();
  ASSERT_TRUE(change(one, without(shop(), "worker")).answer.has_value());
  EXPECT_TRUE(one.orders.empty());
  EXPECT_THAT(services_told(one), Not(Contains("worker"))) << "nothing is left of it";
  one.start("shop");
  while (!one.orders.empty()) {
    EXPECT_THAT(one.orders_waiting(), Not(Contains(HasSubstr("apply services"))));
    one.answer();
  }
  EXPECT_EQ(one.at("shop").now, phase::running);
}

TEST(fleet_change, after_a_crash_it_is_brought_to_the_keeper_again) {
  driven_fleet one;
  one.create(shop()), one.start("shop"), one.settle();
  ASSERT_TRUE(change(one, with(shop(), {.name = "db"})).answer.has_value());
  one.crash();
  EXPECT_EQ(one.at("shop").spec.services.size(), 3U);
  one.settle();
  EXPECT_EQ(one.at("shop").now, phase::running);
  EXPECT_EQ(one.at("shop").keeper_spec_version, one.at("shop").spec_version);
}

TEST(fleet_change, what_stays_keeps_its_port_and_what_goes_gives_it_back) {
  driven_fleet one;
  one.create(shop()), one.start("shop"), one.settle();
  auto const web = port_of(one, "web");
  ASSERT_TRUE(change(one, with(shop(), {.name = "db", .port_wanted = true})).answer.has_value());
  auto const db = port_of(one, "db");
  EXPECT_EQ(port_of(one, "web"), web);
  one.settle();
  ASSERT_TRUE(change(one, shop()).answer.has_value());
  EXPECT_EQ(port_of(one, "web"), web);
  EXPECT_EQ(one.all.holder_of_port(db), "");
  ASSERT_TRUE(change(one, with(shop(), {.name = "db", .port_wanted = true})).answer.has_value());
  EXPECT_NE(port_of(one, "db"), db) << "what listened there may not have ended yet";
  one.crash();
  EXPECT_EQ(one.all.holder_of_port(web), "/src/shop/shop/web");
}

TEST(fleet_change, a_port_that_somebody_has_refuses_it_and_nothing_has_changed) {
  driven_fleet one;
  one.create(shop());
  one.create({.name = "other",
              .provider = "docker",
              .project = "/src/other",
              .services = {{.name = "db", .port_wanted = false, .port = 5432}}});
  auto const web = port_of(one, "web");
  auto const refused = change(one, with(without(shop(), "web"), {.name = "db", .port = 5432}));
  ASSERT_FALSE(refused.answer.has_value());
  EXPECT_EQ(refused.answer.error().code, error_code::port_taken);
  EXPECT_FALSE(refused.must_be_journalled());
  EXPECT_EQ(port_of(one, "web"), web);
  EXPECT_EQ(one.all.holder_of_port(web), "/src/shop/shop/web");
}

TEST(fleet_change, is_refused_while_deleting_for_another_name_and_on_a_full_disk) {
  driven_fleet one;
  one.create(shop());
  auto const web = port_of(one, "web");
  auto renamed = shop();
  renamed.name = "store";
  EXPECT_EQ(change(one, renamed).answer.error().code, error_code::invalid_state);
  one.give(storage_seen{true});
  EXPECT_EQ(change(one, without(shop(), "web")).answer.error().code, error_code::storage_full);
  one.give(storage_seen{false});
  EXPECT_EQ(one.give(change_asked{.id = {}, .spec = shop(), .actor = "user"}).answer.error().code,
            error_code::instance_unknown);
  one.start("shop"), one.settle(), one.remove("shop");
  auto const refused = change(one, without(shop(), "web"));
  ASSERT_FALSE(refused.answer.has_value());
  EXPECT_EQ(refused.answer.error().code, error_code::invalid_state);
  EXPECT_EQ(one.all.holder_of_port(web), "/src/shop/shop/web") << "a refusal gives nothing back";
}

TEST(fleet_change, the_same_again_changes_nothing) {
  driven_fleet one;
  one.create(shop());
  auto const done = change(one, shop());
  EXPECT_TRUE(done.answer.has_value());
  EXPECT_FALSE(done.must_be_journalled());
}

TEST(fleet_change, that_was_made_of_an_older_spec_does_not_undo_what_came_since) {
  driven_fleet one;
  one.create(shop());
  auto const first = one.at("shop").spec_version;
  ASSERT_TRUE(change(one, without(shop(), "worker")).answer.has_value());
  change_asked late{.id = one.at("shop").id, .spec = shop(), .actor = "user", .based_on = first};
  EXPECT_EQ(one.give(late).answer.error().code, error_code::cancelled);
  EXPECT_EQ(one.at("shop").spec.services.size(), 1U);
  late.based_on = one.at("shop").spec_version;
  EXPECT_TRUE(one.give(late).answer.has_value());
}

TEST(fleet_change, during_a_start_the_services_are_those_of_the_new_spec) {
  driven_fleet one;
  one.create(shop()), one.start("shop");
  one.until("shop", phase::connected);
  ASSERT_TRUE(change(one, without(shop(), "worker")).answer.has_value());
  one.settle();
  EXPECT_EQ(one.at("shop").now, phase::running);
  EXPECT_THAT(services_told(one), ElementsAre("web"));
}

}  // namespace
}  // namespace ostler::lifecycle

// Who may be made: what is refused says the code, the value, and what is allowed.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lifecycle/fleet/test/driven_fleet.hpp"

namespace ostler::lifecycle {
namespace {

using testing::HasSubstr;

instance_spec spec(std::string name) { return {.name = std::move(name), .provider = "docker"}; }

void expect_refused(instance_spec const& wanted, error_code code, std::string_view message) {
  driven_fleet one;
  auto const done = one.create(wanted);
  ASSERT_FALSE(done.answer.has_value()) << message;
  EXPECT_EQ(done.answer.error().code, code) << message;
  EXPECT_EQ(done.answer.error().message, message);
  EXPECT_FALSE(done.must_be_journalled());
  EXPECT_EQ(one.all.size(), 0U);
  EXPECT_EQ(one.all.last_seq(), 0U);
}

TEST(fleet_admission, a_bad_name_is_refused_and_quoted) {
  constexpr auto allowed = "allowed: 1 to 63 of a-z, 0-9 and '-', not starting or ending with '-'";
  for (auto const& bad :
       {std::string(), std::string("-a"), std::string("a-"), std::string("A"), std::string("a.b"),
        std::string("a b"), std::string("../x"), std::string(64, 'a')}) {
    driven_fleet one;
    auto const done = one.create(bad);
    ASSERT_FALSE(done.answer.has_value()) << bad;
    EXPECT_EQ(done.answer.error().code, error_code::name_invalid);
    EXPECT_THAT(done.answer.error().message,
                HasSubstr(fmt::format("'{}' is not a valid instance name", bad)));
    EXPECT_THAT(done.answer.error().message, HasSubstr(allowed));
  }
  auto wanted = spec("web");
  wanted.provider = "Docker";
  expect_refused(wanted, error_code::name_invalid,
                 fmt::format("'Docker' is not a valid provider name; {}", allowed));
  wanted = spec("web");
  wanted.services = {{.name = "no good"}};
  expect_refused(wanted, error_code::name_invalid,
                 fmt::format("'no good' is not a valid service name; {}", allowed));
}

TEST(fleet_admission, absurd_sizes_are_refused) {
  auto wanted = spec("web");
  wanted.project = std::string("/a\0b", 4);
  expect_refused(wanted, error_code::value_out_of_range,
                 "the project path '/a\\x00b' cannot be used; allowed: up to 4096 bytes without NUL");
  wanted.project = std::string(4097, 'p');
  expect_refused(
      wanted, error_code::value_out_of_range,
      fmt::format("the project path '{}...' (4097 bytes) cannot be used; allowed: up to 4096 bytes "
                  "without NUL",
                  std::string(80, 'p')));
  wanted = spec("web");
  wanted.settings = std::string(1024 * 1024 + 1, 's');
  expect_refused(wanted, error_code::value_out_of_range,
                 "the settings of web have 1048577 bytes; allowed: at most 1048576");
  wanted = spec("web");
  for (int i = 0; i < 101; ++i) wanted.services.push_back({.name = fmt::format("s{}", i)});
  expect_refused(wanted, error_code::value_out_of_range,
                 "101 services for web; allowed: at most 100 (services.max)");
}

TEST(fleet_admission, services_are_named_once_and_ports_asked_for_once) {
  auto wanted = spec("web");
  wanted.services = {{.name = "db"}, {.name = "db"}};
  expect_refused(wanted, error_code::name_taken,
                 "the service name db stands twice in web; allowed: each once");
  wanted.services = {{.name = "db", .port = 5432}, {.name = "cache", .port = 5432}};
  expect_refused(wanted, error_code::port_taken,
                 "port 5432 is asked for by db and by cache of web; allowed: one of them");
}

TEST(fleet_admission, a_name_is_taken_until_its_instance_is_deleted) {
  driven_fleet one;
  auto const first = one.create("web");
  auto const again = one.create("web");
  ASSERT_FALSE(again.answer.has_value());
  EXPECT_EQ(again.answer.error().code, error_code::name_taken);
  EXPECT_EQ(again.answer.error().message,
            fmt::format("the name web is taken by {} (Not started)", first.answer->text()));
  one.remove("web");
  EXPECT_EQ(one.all.find("web"), nullptr);
  EXPECT_TRUE(one.create("web").answer.has_value());
}

TEST(fleet_admission, an_id_is_taken_once) {
  driven_fleet one;
  auto const id = *one.create("web").answer;
  auto const again = one.give(create_asked{id, spec("other"), {}, "user"});
  ASSERT_FALSE(again.answer.has_value());
  EXPECT_EQ(again.answer.error().message, fmt::format("the id {} is taken", id.text()));
}

TEST(fleet_admission, a_create_that_starts_is_one_step) {
  driven_fleet one;
  auto const id = instance_id::make(wall_time(1ms), 1, 1);
  auto const done = one.give(create_asked{id, spec("web"), {}, "user", true});
  ASSERT_TRUE(done.answer.has_value());
  EXPECT_EQ(one.types(), (std::vector<std::string>{"instance.defined", "instance.starting"}));
  EXPECT_EQ(one.at("web").wanted, goal::running);
  one.crash();
  one.until("web", phase::running);
}

TEST(fleet_admission, a_create_repeated_with_its_key_is_the_same_create) {
  driven_fleet one;
  auto const first = one.create(spec("web"), "request-7");
  auto const again = one.create(spec("web"), "request-7");
  EXPECT_EQ(again.answer, first.answer);
  EXPECT_EQ(again.ignored, "created by an earlier request with the same key");
  EXPECT_FALSE(again.must_be_journalled());
  EXPECT_EQ(one.all.size(), 1U);
  one.crash();
  EXPECT_EQ(one.create(spec("web"), "request-7").answer, first.answer) << "also after a crash";
  EXPECT_FALSE(one.create(spec("web"), "request-8").answer.has_value());
}

TEST(fleet_admission, instances_are_limited_for_the_daemon_and_for_each_provider) {
  fleet_rules rules;
  rules.limits.instances_max = 3;
  rules.quotas.set("docker", "instances", 2);
  driven_fleet one(rules);
  one.create("a"), one.create("b");
  auto const third = one.create("c");
  ASSERT_FALSE(third.answer.has_value());
  EXPECT_EQ(third.answer.error().code, error_code::limit_reached);
  EXPECT_EQ(third.answer.error().message,
            "docker allows 2 instances: 2 in use, held by a, b; 1 more asked for");
  EXPECT_TRUE(one.create({.name = "c", .provider = "local"}).answer.has_value());
  auto const fourth = one.create({.name = "d", .provider = "local"});
  ASSERT_FALSE(fourth.answer.has_value());
  EXPECT_EQ(fourth.answer.error().message, "3 instances exist; allowed: at most 3 (instances.max)");
}

TEST(fleet_admission, a_provider_that_is_away_takes_nothing_new) {
  driven_fleet one;
  one.give(provider_seen{"docker", false, "the socket refuses"});
  auto const refused = one.create("web");
  ASSERT_FALSE(refused.answer.has_value());
  EXPECT_EQ(refused.answer.error().code, error_code::provider_unavailable);
  EXPECT_EQ(refused.answer.error().message, "provider docker is not available: the socket refuses");
  EXPECT_EQ(one.give(provider_seen{"docker", false, "the socket refuses"}).ignored, "known already");
  one.give(provider_seen{"docker", true, {}});
  EXPECT_TRUE(one.create("web").answer.has_value());
  EXPECT_EQ(one.types(),
            (std::vector<std::string>{"provider.unavailable", "provider.available", "instance.defined"}));
}

TEST(fleet_admission, a_full_disk_refuses_growth_and_lets_deletes_pass) {
  driven_fleet one;
  one.create("web"), one.create("old");
  one.start("web"), one.settle();
  one.give(storage_seen{true});
  EXPECT_EQ(one.give(storage_seen{true}).ignored, "known already");
  EXPECT_EQ(one.create("new").answer.error().code, error_code::storage_full);
  EXPECT_EQ(one.start("old").answer.error().message,
            "nothing is started while the disk of the journal is full");
  EXPECT_EQ(one.ask("web", restart_asked{"user"}).answer.error().code, error_code::storage_full);
  EXPECT_EQ(one.at("web").now, phase::running);
  auto const deleted = one.remove("web");
  EXPECT_TRUE(deleted.answer.has_value());
  EXPECT_FALSE(deleted.growth);
  one.settle();
  EXPECT_EQ(one.all.find("web"), nullptr);
  one.give(storage_seen{false});
  EXPECT_TRUE(one.start("old").growth);
}

TEST(fleet_admission, what_is_unknown_is_said_to_be_unknown) {
  driven_fleet one;
  auto const nobody = instance_id::make({}, 1, 1);
  auto const asked = one.give(for_instance{nobody, start_asked{"user"}});
  ASSERT_FALSE(asked.answer.has_value());
  EXPECT_EQ(asked.answer.error().code, error_code::instance_unknown);
  EXPECT_EQ(asked.answer.error().message, fmt::format("there is no instance {}", nobody.text()));
  EXPECT_EQ(one.give(for_link{nobody, frame_heard{1}}).ignored, "unknown instance");
  EXPECT_EQ(one.give(port_found_taken{nobody, "web"}).ignored, "unknown instance");
  EXPECT_EQ(one.all.find("nobody"), nullptr);
  EXPECT_EQ(one.all.find_link(nobody), nullptr);
}

}  // namespace
}  // namespace ostler::lifecycle

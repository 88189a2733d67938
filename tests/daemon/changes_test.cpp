// Another spec for an instance, asked for as a door asks, over real places and keepers.
#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <set>

#include "tests/daemon/joined.hpp"

namespace ostler::test {
namespace {

using namespace operations;

service service_of(joined& all, std::string const& name) {
  auto const told = all.ask<services_list>({"web"});
  if (!told) return {};
  auto const found = std::ranges::find(told->services, name, &service::name);
  return found == told->services.end() ? service{} : *found;
}

std::set<std::string> names_of(std::vector<service> const& services) {
  std::set<std::string> names;
  for (auto const& each : services) names.insert(each.name);
  return names;
}

instance_waited wait_until_ready(joined& all) {
  return all.ask<instances_wait>({.instance = "web", .until = {"ready"}, .timeout = seconds(60)}).value();
}

wire::service_spec with_port(wire::service_spec service) {
  service.port.kind = wire::port_kind::automatic;
  return service;
}

std::vector<wire::service_spec> first_services() {
  return {with_port(playing("stays", {"wait"})), playing("changes", {"wait"}),
          with_port(playing("goes", {"wait"}))};
}

// One stays, one differs, one goes and one comes.
std::vector<wire::service_spec> other_services() {
  auto services = first_services();
  services[1].env = {"COLOUR=blue"};
  services[2] = with_port(playing("comes", {"wait"}));
  return services;
}

TEST(a_change, starts_anew_what_differs_and_leaves_the_rest_alone) {
  joined all;
  auto const web = all.up("web", first_services());
  auto const stays = service_of(all, "stays");
  auto const changes = service_of(all, "changes");
  auto const changed = all.ask<instances_update>({.instance = "web", .services = other_services()});
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_TRUE(changed->changed);
  EXPECT_TRUE(changed->needs_restart.empty());
  ASSERT_EQ(changed->services.size(), 3U);
  EXPECT_EQ(changed->services[0].service, "changes");
  EXPECT_EQ(changed->services[0].what, service_change_kind::restart);
  auto const after = wait_until_ready(all);
  EXPECT_TRUE(after.reached);
  EXPECT_EQ(names_of(after.instance.services), (std::set<std::string>{"changes", "comes", "stays"}));
  EXPECT_FALSE(after.instance.changing);
  EXPECT_EQ(after.instance.generation, web.generation);
  EXPECT_EQ(service_of(all, "stays").pid, stays.pid);
  EXPECT_EQ(service_of(all, "stays").port, stays.port);
  EXPECT_NE(service_of(all, "changes").pid, changes.pid);
  EXPECT_EQ(service_of(all, "changes").run, 2U);
  EXPECT_TRUE(service_of(all, "comes").port.has_value());
  // It is told, and it is equal to what is asked for now.
  auto const events = all.ask<events_list>({.instance = "web", .type = {"instance.changed"}}).value().events;
  EXPECT_EQ(events.size(), 1U);
  instance_new again{.name = "web", .project = all.project().string()};
  again.services = other_services();
  EXPECT_TRUE(all.ask<instances_create>(again).has_value());
}

TEST(a_change, is_carried_out_by_the_daemon_that_comes_after_the_one_it_was_told_to) {
  joined all;
  all.up("web", first_services());
  auto const stays = service_of(all, "stays");
  ASSERT_TRUE(all.ask<instances_update>({.instance = "web", .services = other_services()}));
  all.start_again();
  EXPECT_TRUE(wait_until_ready(all).reached);
  EXPECT_EQ(service_of(all, "stays").pid, stays.pid);
  EXPECT_EQ(service_of(all, "changes").run, 2U);
  EXPECT_EQ(service_of(all, "goes").name, "");
}

TEST(a_change, of_a_stopped_instance_is_in_force_at_its_next_start) {
  joined all;
  all.up("web", first_services());
  ASSERT_TRUE(all.ask<instances_stop>({.instance = "web", .wait = seconds(60)}));
  auto const changed = all.ask<instances_update>(
      {.instance = "web", .services = other_services(), .env = std::vector<std::string>{"A=1"}});
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_TRUE(changed->needs_restart.empty());
  EXPECT_EQ(changed->instance.state, instance_state::stopped);
  auto const up = all.ask<instances_start>({.instance = "web", .wait = seconds(60)});
  ASSERT_TRUE(up) << up.error().message;
  EXPECT_EQ(up->state, instance_state::running);
  EXPECT_EQ(names_of(up->services), (std::set<std::string>{"changes", "comes", "stays"}));
}

TEST(a_change, says_what_only_a_restart_brings_and_when_it_is_dry_does_nothing) {
  joined all;
  all.up("web", first_services());
  instance_change wanted{.instance = "web",
                         .services = other_services(),
                         .env = std::vector<std::string>{"A=1"},
                         .dry_run = true};
  auto const dry = all.ask<instances_update>(wanted);
  ASSERT_TRUE(dry) << dry.error().message;
  EXPECT_TRUE(dry->changed);
  EXPECT_EQ(dry->needs_restart, std::vector<std::string>{"env"});
  EXPECT_EQ(dry->services.size(), 3U);
  EXPECT_EQ(names_of(all.ask<instances_get>({"web"})->services),
            (std::set<std::string>{"changes", "goes", "stays"}));
  wanted.dry_run = false;
  EXPECT_EQ(all.ask<instances_update>(wanted)->needs_restart, std::vector<std::string>{"env"});
  EXPECT_TRUE(all.ask<instances_restart>({.instance = "web", .wait = seconds(60)}));
  EXPECT_FALSE(all.ask<instances_update>(wanted)->changed);
}

TEST(a_change, that_cannot_be_is_refused_by_name_and_nothing_has_changed) {
  joined all;
  all.up("web", first_services());
  auto circle = first_services();
  circle[0].needs = {"nobody"};
  EXPECT_EQ(all.ask<instances_update>({.instance = "web", .services = circle}).error().code,
            error_code::service_unknown);
  EXPECT_EQ(all.ask<instances_update>({.instance = "web", .open = "nobody"}).error().code,
            error_code::service_unknown);
  auto inside = joined::anybody();
  inside.scope = control::token_scope::one_instance;
  inside.instance = all.ask<instances_get>({"web"})->id;
  EXPECT_EQ(all.ask<instances_update>({.instance = "web", .limits = wire::limits_spec{.pids = 9}}, inside)
                .error()
                .code,
            error_code::scope_refused);
  EXPECT_FALSE(all.ask<instances_update>({.instance = "web", .services = first_services()})->changed);
}

std::string how(operations::instance const& of, std::string_view what) {
  auto const found = std::ranges::find(of.limits, what, &wire::ability::what);
  return found == of.limits.end() ? "" : found->how;
}

bool all_hold(operations::instance const& of) {
  return !of.limits.empty() && std::ranges::all_of(of.limits, &wire::ability::full);
}

TEST(the_limits_of_the_whole, hold_for_services_that_only_together_take_too_much_and_that_is_told) {
  joined all;
  instance_new asked{.name = "web", .project = all.project().string()};
  for (auto const* name : {"first", "second"}) {
    auto taking = playing(name, {"take", "100", "print", "taken\\n", "wait"});
    taking.ready.output = "taken";
    taking.restart.on = wire::restart_on::never;
    asked.services.push_back(taking);
  }
  asked.services[1].autostart = false;
  asked.limits = {.memory_bytes = 160LL << 20, .pids = 500};
  asked.wait = seconds(60);
  auto const made = all.ask<instances_create>(asked);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(made->ready);
  EXPECT_EQ(made->instance.limits.size(), 2U);
  EXPECT_EQ(made->warnings.empty(), all_hold(made->instance));
  if (!all_hold(made->instance)) GTEST_SKIP() << made->warnings.front();
  EXPECT_TRUE(how(made->instance, "memory").starts_with("160 MiB, by cgroup"));
  // One of them ends, and is said to have ended for want of memory.
  static_cast<void>(all.ask<services_start>({.instance = "web", .service = "second", .wait = seconds(60)}));
  auto const services = all.ask<services_list>({"web"})->services;
  auto const ended =
      std::ranges::find_if(services, [](auto const& one) { return one.last_exit.has_value(); });
  ASSERT_NE(ended, services.end());
  EXPECT_TRUE(ended->last_exit->oom);
  EXPECT_EQ(std::ranges::count_if(services, &service::ready), 1);
}

TEST(the_limits_of_the_whole, are_changed_and_nothing_starts_anew) {
  joined all;
  all.up("web", first_services());
  auto const stays = service_of(all, "stays");
  EXPECT_TRUE(all.ask<instances_get>({"web"})->limits.empty());
  instance_change wanted{.instance = "web",
                         .limits = wire::limits_spec{.memory_bytes = 1LL << 30, .pids = 444}};
  auto const changed = all.ask<instances_update>(wanted);
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_TRUE(changed->changed);
  EXPECT_TRUE(changed->services.empty());
  EXPECT_TRUE(changed->needs_restart.empty());
  // What it uses already is not counted, and that is no secret.
  EXPECT_EQ(changed->warnings.size(), 1U);
  EXPECT_TRUE(wait_until_ready(all).reached);
  auto const now = all.ask<instances_get>({"web"}).value();
  EXPECT_TRUE(how(now, "pids").starts_with("444 processes, "));
  EXPECT_EQ(now.warnings.empty(), all_hold(now));
  EXPECT_EQ(service_of(all, "stays").pid, stays.pid);
  wanted.limits = wire::limits_spec{};
  ASSERT_TRUE(all.ask<instances_update>(wanted));
  EXPECT_TRUE(wait_until_ready(all).reached);
  EXPECT_TRUE(all.ask<instances_get>({"web"})->limits.empty());
  EXPECT_EQ(service_of(all, "stays").pid, stays.pid);
  wanted.limits->pids = -1;
  EXPECT_EQ(all.ask<instances_update>(wanted).error().code, error_code::value_out_of_range);
}

TEST(a_service, that_is_optional_holds_nobody_up_and_the_open_one_is_shown_first) {
  joined all;
  instance_new asked{.name = "web", .project = all.project().string()};
  asked.services = {with_port(playing("first", {"wait"})), with_port(playing("shown", {"wait"})),
                    playing("fails", {"exit", "1"})};
  asked.services[2].restart.on = wire::restart_on::never;
  asked.open = "shown";
  asked.optional_services = {"fails"};
  asked.wait = seconds(60);
  auto const made = all.ask<instances_create>(asked);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(made->ready);
  EXPECT_EQ(made->instance.url, made->instance.services[1].url);
  EXPECT_FALSE(made->instance.services[2].required);
}

TEST(an_empty_place, gets_what_is_to_be_copied_and_variables_of_files) {
  joined all;
  std::ofstream(all.project() / ".env") << "COLOUR=blue\n";
  instance_new asked{.name = "web", .project = all.project().string()};
  asked.settings.text = R"({"mode":"empty"})";
  // Nothing starts without the file.
  asked.env_files = {".env"};
  asked.copy = {".env", "not-there"};
  asked.services = {playing("server", {"env", "COLOUR", "wait"})};
  asked.services[0].ready.output = "^blue$";
  asked.wait = seconds(60);
  auto const made = all.ask<instances_create>(asked);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(made->ready) << made->instance.message;
  asked.name = "other";
  asked.copy = {"../outside"};
  EXPECT_EQ(all.ask<instances_create>(asked).error().code, error_code::provider_refused);
}

}  // namespace
}  // namespace ostler::test

// A keeper gets another list of services: by a client, by whoever launches its successor, and with a death in
// between. What stays the same is not touched, what differs starts anew, and of what is gone nothing is left.
#include <algorithm>
#include <gtest/gtest.h>

#include "tests/keeper/held.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::test {
namespace {

wire::service_spec& service_of(held& place, std::string const& name) {
  return *std::ranges::find(place.spec.services, name, &wire::service_spec::name);
}

void wait_until_runs(link_client& link, std::string const& name, std::uint64_t run) {
  wait_for(
      [&] {
        auto const now = status_of(link, name);
        return now.state == "running" && now.run == run;
      },
      name + " to run");
}

TEST(a_changed_service, starts_anew_and_its_runs_are_counted_on) {
  held place;
  place.service("web", {"wait"});
  place.service("db", {"wait"});
  place.start();
  auto const link = place.client();
  wait_until_runs(*link, "web", 1);
  wait_until_runs(*link, "db", 1);
  auto const web = status_of(*link, "web").pid;
  auto const db = status_of(*link, "db").pid;
  service_of(place, "web").env = {"COLOUR=blue"};
  link->ask("services.apply", wire::services_wanted{place.spec.services});
  wait_until_runs(*link, "web", 2);
  wait_until_gone(web);
  EXPECT_EQ(status_of(*link, "db").pid, db);
  // Said again, it changes nothing.
  auto const now = status_of(*link, "web").pid;
  link->ask("services.apply", wire::services_wanted{place.spec.services});
  EXPECT_EQ(status_of(*link, "web").pid, now);
  EXPECT_EQ(status_of(*link, "web").run, 2U);
}

TEST(a_changed_service, that_nobody_wants_up_stays_down) {
  held place;
  place.service("web", {"wait"});
  place.start();
  auto const link = place.client();
  wait_until_runs(*link, "web", 1);
  link->ask("service.stop", wire::services_named{.services = {"web"}, .grace = {}});
  link->fact("service.stopped", "web");
  service_of(place, "web").env = {"COLOUR=blue"};
  link->ask("services.apply", wire::services_wanted{place.spec.services});
  link->fact("service.renewed", "web");
  EXPECT_EQ(status_of(*link, "web").state, "stopped");
  link->ask("service.start", wire::services_named{.services = {"web"}, .grace = {}});
  wait_until_runs(*link, "web", 2);
}

TEST(a_changed_service, can_be_stopped_while_it_is_being_replaced) {
  held place;
  auto& web = place.service("web", {"wait"});
  // It is asked in a way that it does not hear.
  web.stop.command = {"/bin/true"};
  web.stop.grace = milliseconds(600'000);
  place.start();
  auto const link = place.client();
  wait_until_runs(*link, "web", 1);
  service_of(place, "web").env = {"COLOUR=blue"};
  link->ask("services.apply", wire::services_wanted{place.spec.services});
  link->fact("service.stopping", "web");
  link->ask("service.stop", wire::services_named{.services = {"web"}, .grace = milliseconds(0)});
  link->fact("service.renewed", "web");
  EXPECT_EQ(status_of(*link, "web").state, "stopped");
  EXPECT_EQ(status_of(*link, "web").run, 1U);
}

TEST(a_removed_service, is_ended_told_and_forgotten) {
  held place;
  place.service("web", {"wait"});
  place.service("old", {"wait"});
  place.start();
  auto const link = place.client();
  wait_until_runs(*link, "old", 1);
  auto const old = status_of(*link, "old").pid;
  auto services = place.spec.services;
  std::erase_if(services, [](auto const& each) { return each.name == "old"; });
  link->ask("services.apply", wire::services_wanted{services});
  link->fact("service.removed", "old");
  EXPECT_FALSE(lives(old));
  EXPECT_TRUE(status_of(*link, "old").name.empty());
}

// As when it is killed after the list was written and before anything was done.
TEST(a_change, is_finished_by_whoever_comes_after_a_keeper_that_was_killed) {
  for (auto const* containment : {"", "scan"}) {
    held place(containment);
    place.service("web", {"wait"});
    place.service("db", {"wait"});
    place.service("old", {"wait"});
    place.start();
    std::int64_t web = 0, db = 0, old = 0;
    {
      auto const link = place.client();
      for (auto const* name : {"web", "db", "old"}) wait_until_runs(*link, name, 1);
      web = status_of(*link, "web").pid;
      db = status_of(*link, "db").pid;
      old = status_of(*link, "old").pid;
    }
    place.kill_keeper();
    service_of(place, "web").env = {"COLOUR=blue"};
    std::erase_if(place.spec.services, [](auto const& each) { return each.name == "old"; });
    place.service("new", {"wait"});
    place.write_spec();
    place.start_again();
    auto const link = place.client();
    wait_until_runs(*link, "web", 2);
    wait_until_runs(*link, "new", 1);
    wait_until_gone(web);
    wait_until_gone(old);
    EXPECT_EQ(status_of(*link, "db").pid, db);
    EXPECT_EQ(status_of(*link, "db").run, 1U);
  }
}

// A launch by the daemon after the keeper of the generation before had died.
TEST(the_next_generation, ends_what_the_one_before_had_running_and_its_spec_has_no_more) {
  for (auto const* containment : {"", "scan"}) {
    held place(containment);
    place.service("web", {"wait"});
    // It does not listen to the signal.
    place.service("old", {"ignore", "15", "wait"}).stop.grace = milliseconds(200);
    place.start();
    std::int64_t web = 0, old = 0;
    {
      auto const link = place.client();
      for (auto const* name : {"web", "old"}) wait_until_runs(*link, name, 1);
      web = status_of(*link, "web").pid;
      old = status_of(*link, "old").pid;
    }
    place.kill_keeper();
    place.spec.generation = 2;
    std::erase_if(place.spec.services, [](auto const& each) { return each.name == "old"; });
    place.start();
    auto const link = place.client();
    link->fact("service.removed", "old");
    EXPECT_FALSE(lives(old));
    EXPECT_EQ(status_of(*link, "web").pid, web);
  }
}

}  // namespace
}  // namespace ostler::test

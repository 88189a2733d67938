// What the fleet does beyond its machines: numbers, turns, ports, quotas, leaks, recovery.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lifecycle/fleet/test/driven_fleet.hpp"

namespace ostler::lifecycle {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

instance_spec with_port(std::string name, std::uint16_t fixed = 0) {
  return {.name = std::move(name),
          .provider = "docker",
          .project = "/src/shop",
          .services = {{.name = "server", .port_wanted = true, .port = fixed}}};
}

TEST(fleet, brings_an_instance_up_and_away_again) {
  driven_fleet one;
  auto const id = *one.create(with_port("web")).answer;
  EXPECT_EQ(one.events.back().type, "instance.defined");
  EXPECT_EQ(one.events.back().message, "Not started");
  one.start("web");
  one.settle();
  EXPECT_EQ(one.at("web").now, phase::running);
  EXPECT_EQ(one.all.counts().of(instance_state::running), 1U);
  EXPECT_EQ(one.all.find_link(id)->state, link_state::registered);
  EXPECT_THAT(message_of(one.at("web")), testing::StartsWith("Running :1"));
  one.remove("web");
  one.settle();
  EXPECT_EQ(one.all.size(), 0U);
  EXPECT_EQ(one.all.counts(), fleet_counts{});
  EXPECT_FALSE(one.all.next_wake());
  EXPECT_THAT(one.there, IsEmpty());
  EXPECT_EQ(one.events.back().type, "instance.deleted");
  EXPECT_EQ(one.events.back().actor, "user");
}

TEST(fleet, numbers_every_event_without_a_gap) {
  driven_fleet one;
  for (auto const* name : {"a", "b", "c"}) one.create(name);
  for (auto const* name : {"a", "b", "c"}) one.start(name);
  one.settle();
  one.give(provider_seen{"docker", false, "gone"});
  for (auto const* name : {"a", "b", "c"}) one.remove(name);
  one.settle();
  for (std::size_t i = 0; i < one.events.size(); ++i) EXPECT_EQ(one.events[i].seq, i + 1);
  EXPECT_EQ(one.all.last_seq(), one.events.size());
}

TEST(fleet, a_changed_instance_is_named_once_in_a_step) {
  driven_fleet one;
  one.create("web");
  auto const done = one.start("web");
  EXPECT_THAT(done.changed, ElementsAre(one.at("web").id));
  EXPECT_TRUE(done.growth);
  EXPECT_TRUE(done.must_be_journalled());
  EXPECT_FALSE(one.start("web").must_be_journalled());
}

TEST(fleet, passes_the_refusal_of_a_machine_on) {
  driven_fleet one;
  one.create("web"), one.start("web"), one.settle();
  one.remove("web");
  auto const refused = one.start("web");
  ASSERT_FALSE(refused.answer.has_value());
  EXPECT_EQ(refused.answer.error().message, "invalid state: cannot start while deleting");
  EXPECT_FALSE(refused.growth);
}

TEST(fleet, several_instances_may_be_found_in_the_order_of_their_age) {
  driven_fleet one;
  for (auto const* name : {"c", "a", "b"}) {
    one.wall += 1s;
    one.create(name);
  }
  std::vector<std::string> names;
  one.all.each([&](instance const& it) { names.push_back(it.spec.name); });
  EXPECT_THAT(names, ElementsAre("c", "a", "b"));
}

// --- turns ---

TEST(fleet_turns, so_many_starts_at_once_for_each_provider_and_nobody_starves) {
  fleet_rules rules;
  rules.limits.starts_at_once = 2;
  driven_fleet one(rules);
  for (int i = 0; i < 7; ++i) one.create(fmt::format("d{}", i));
  one.create({.name = "l0", .provider = "local"});
  for (int i = 0; i < 7; ++i) one.start(fmt::format("d{}", i));
  one.start("l0");
  std::vector<std::string> up;
  for (int i = 0; i < 1'000 && up.size() < 8; ++i) {
    one.answer();
    int heavy = 0;
    one.all.each([&](instance const& it) {
      bool const ready = it.now == phase::running;
      if (ready && std::ranges::find(up, it.spec.name) == up.end()) up.push_back(it.spec.name);
      heavy += it.turn && it.spec.provider == "docker" ? 1 : 0;
    });
    ASSERT_LE(heavy, 2);
  }
  std::erase(up, "l0");
  EXPECT_THAT(up, ElementsAre("d0", "d1", "d2", "d3", "d4", "d5", "d6")) << "first come, first served";
}

TEST(fleet_turns, a_start_that_hangs_or_fails_keeps_nobody_for_ever) {
  fleet_rules rules;
  rules.limits.starts_at_once = 1;
  driven_fleet one(rules);
  one.create("stuck"), one.create("next"), one.create("left");
  for (auto const* name : {"stuck", "next", "left"}) one.start(name);
  while (one.at("stuck").now != phase::preparing) one.answer();
  one.stop("left");  // It gives its place in the line back.
  while (one.at("stuck").now != phase::start_failed) {
    auto const given = one.orders.empty() ? fleet_order{} : one.orders.front();
    if (one.orders.empty()) {
      one.pass_to_next_wake();
      continue;
    }
    auto const* what = std::get_if<order>(&given.what);
    if (what != nullptr && what->kind == order_kind::make && given.who == one.at("stuck").id)
      one.orders.pop_front();
    else
      one.answer();
  }
  one.settle();
  EXPECT_EQ(one.at("next").now, phase::running);
  EXPECT_EQ(one.at("left").now, phase::stopped);
}

TEST(fleet_turns, are_given_back_by_a_delete_while_waiting) {
  fleet_rules rules;
  rules.limits.starts_at_once = 1;
  driven_fleet one(rules);
  one.create("a"), one.create("b"), one.create("c");
  for (auto const* name : {"a", "b", "c"}) one.start(name);
  while (one.at("b").now != phase::waiting_for_turn) one.answer();
  one.remove("b");
  EXPECT_EQ(one.all.find("b"), nullptr);
  one.until("c", phase::running);
}

// --- ports ---

TEST(fleet_ports, are_stable_and_never_given_twice) {
  fleet_rules rules;
  rules.ports = {10'000, 10'004};
  driven_fleet one(rules);
  std::set<std::uint16_t> given;
  for (auto const* name : {"a", "b", "c", "d", "e"}) {
    one.create(with_port(name));
    given.insert(one.at(name).spec.services[0].port);
  }
  EXPECT_EQ(given.size(), 5U);
  auto const full = one.create(with_port("f"));
  ASSERT_FALSE(full.answer.has_value());
  EXPECT_EQ(full.answer.error().code, error_code::ports_exhausted);
  EXPECT_THAT(full.answer.error().message, HasSubstr("no port is free between 10000 and 10004"));
  auto const before = one.at("c").spec.services[0].port;
  one.start("c"), one.settle(), one.stop("c"), one.settle();
  EXPECT_EQ(one.at("c").spec.services[0].port, before) << "a stop keeps it";
  one.crash();
  EXPECT_EQ(one.all.holder_of_port(before), "/src/shop/c/server") << "a crash keeps it";
  one.remove("c"), one.settle();
  EXPECT_EQ(one.all.holder_of_port(before), "");
  one.create(with_port("c"));
  EXPECT_EQ(one.at("c").spec.services[0].port, before) << "the same name comes back to it";
}

TEST(fleet_ports, a_fixed_one_is_insisted_on_or_refused_with_its_holder) {
  driven_fleet one;
  one.create(with_port("a", 3001));
  EXPECT_EQ(one.all.holder_of_port(3001), "/src/shop/a/server");
  auto wanted = with_port("b", 3001);
  wanted.services.insert(wanted.services.begin(), {.name = "first", .port_wanted = true});
  auto const refused = one.create(wanted);
  ASSERT_FALSE(refused.answer.has_value());
  EXPECT_EQ(refused.answer.error().code, error_code::port_taken);
  EXPECT_EQ(refused.answer.error().message,
            "port 3001 is leased to /src/shop/a/server, and /src/shop/b/server asked for it");
  EXPECT_EQ(one.all.holder_of_port(3001), "/src/shop/a/server") << "the refusal took nothing away";
  one.create(with_port("b"));
  EXPECT_TRUE(one.all.find("b") != nullptr);
}

TEST(fleet_ports, found_taken_by_a_stranger_moves_on) {
  driven_fleet one;
  one.create(with_port("web"));
  auto const before = one.at("web").spec.services[0].port;
  auto const moved = one.give(port_found_taken{one.at("web").id, "server"});
  auto const after = one.at("web").spec.services[0].port;
  EXPECT_NE(after, before);
  EXPECT_EQ(one.all.holder_of_port(before), "");
  EXPECT_EQ(one.all.holder_of_port(after), "/src/shop/web/server");
  EXPECT_EQ(moved.events[0].from, fmt::format("port {}", before));
  EXPECT_EQ(moved.events[0].to, fmt::format("port {}", after));
  EXPECT_EQ(moved.changed.size(), 1U);
  EXPECT_EQ(one.give(port_found_taken{one.at("web").id, "nobody"}).ignored, "no port is leased to it");
}

TEST(fleet_ports, that_moved_are_told_to_the_keeper_also_by_a_daemon_that_comes_later) {
  driven_fleet one;
  one.create(with_port("web"));
  one.start("web");
  one.until("web", phase::running);
  one.give(port_found_taken{one.at("web").id, "server"});
  EXPECT_NE(one.at("web").keeper_spec_version, one.at("web").spec_version);
  one.crash();
  one.settle();
  EXPECT_EQ(one.at("web").keeper_spec_version, one.at("web").spec_version);
  EXPECT_THAT(one.types(), testing::Contains("instance.applied"));
}

TEST(fleet_ports, of_what_is_being_deleted_move_no_more) {
  driven_fleet one;
  one.create(with_port("web"));
  one.start("web");
  one.until("web", phase::running);
  one.remove("web");
  auto const before = one.at("web").spec.services[0].port;
  EXPECT_EQ(one.give(port_found_taken{one.at("web").id, "server"}).ignored, "it is being deleted");
  EXPECT_EQ(one.all.holder_of_port(before), "/src/shop/web/server");
}

TEST(fleet_ports, when_none_is_left_to_move_to_it_says_so) {
  fleet_rules rules;
  rules.ports = {10'000, 10'000};
  driven_fleet one(rules);
  one.create(with_port("web"));
  auto const moved = one.give(port_found_taken{one.at("web").id, "server"});
  EXPECT_EQ(one.at("web").spec.services[0].port, 0);
  EXPECT_THAT(moved.events[0].message, HasSubstr("no port is free"));
  one.now += 11min;
  one.give(port_found_taken{one.at("web").id, "server"});
  EXPECT_EQ(one.at("web").spec.services[0].port, 10'000) << "the stranger may be gone by now";
}

// --- quotas ---

TEST(fleet_quota, is_checked_at_the_intent_and_names_the_holders) {
  fleet_rules rules;
  rules.quotas.set("*", "container", 1);
  driven_fleet one(rules);
  one.create("a"), one.create("b");
  one.start("a"), one.settle();
  one.start("b");
  one.until("b", phase::start_failed);
  EXPECT_EQ(message_of(one.at("b")), "docker allows 1 container: 1 in use, held by a; 1 more asked for");
  EXPECT_EQ(one.at("b").failed->why.code, error_code::limit_reached);
  one.stop("a"), one.settle();
  one.start("b");
  one.until("b", phase::running);
}

TEST(fleet_quota, what_an_instance_holds_itself_is_named_too) {
  fleet_rules rules;
  rules.quotas.set("docker", "volume", 1);
  driven_fleet one(rules);
  one.wishes = {{.kind = "volume", .label = "1"}, {.kind = "volume", .label = "2"}};
  one.create("a"), one.start("a");
  one.until("a", phase::start_failed);
  EXPECT_EQ(message_of(one.at("a")), "docker allows 1 volume: 1 in use, held by a; 1 more asked for");
}

// --- leaks ---

TEST(fleet_leaks, what_bears_our_label_and_is_not_in_the_ledger_is_listed_once) {
  driven_fleet one;
  one.create("web"), one.start("web"), one.settle();
  auto const ours = one.at("web").resources[0].name;
  ours_listed const seen{"docker", {{"directory", ours, "p"}, {"container", "ostler-old-container-1", "c7"}}};
  auto const told = one.give(seen);
  ASSERT_EQ(one.all.leaks().size(), 1U);
  EXPECT_EQ(one.all.leaks()[0].thing.name, "ostler-old-container-1");
  EXPECT_EQ(one.all.leaks()[0].seen_first, one.now);
  ASSERT_EQ(told.events.size(), 1U);
  EXPECT_EQ(told.events[0].type, "resource.residue");
  EXPECT_EQ(told.events[0].message,
            "container ostler-old-container-1 bears our label and is not in the ledger");
  auto const since = one.now;
  one.now += 1min;
  EXPECT_THAT(one.give(seen).events, IsEmpty());
  EXPECT_EQ(one.all.leaks()[0].seen_first, since);
  one.give(ours_listed{"local", {}});
  EXPECT_EQ(one.all.leaks().size(), 1U) << "another provider says nothing about it";
  one.give(ours_listed{"docker", {}});
  EXPECT_THAT(one.all.leaks(), IsEmpty());
}

// --- time and contact ---

TEST(fleet_time, each_is_told_when_its_own_time_has_come) {
  driven_fleet one;
  one.create("web"), one.start("web"), one.settle();
  EXPECT_EQ(one.give(time_passed{}).ignored, "nothing is due");
  one.now = *one.all.next_wake();
  auto const due = one.give(time_passed{});
  ASSERT_EQ(due.orders.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<link_command>(due.orders[0].what)) << "a heartbeat";
}

TEST(fleet_time, a_silent_keeper_is_looked_for_at_the_first_loss_and_launched_again) {
  driven_fleet one;
  one.create("web"), one.start("web"), one.settle();
  one.there.erase(std::ranges::find(one.at("web").resources, "keeper", [](resource const& r) {
                    return r.wish.kind;
                  })->name);
  auto const is_told = [&](std::string_view type) {
    return std::ranges::find(one.events, type, &fleet_event::type) != one.events.end();
  };
  for (int i = 0; i < 500 && !is_told("link.reconnecting"); ++i) {
    one.orders.clear();
    one.pass_to_next_wake();
    ASSERT_EQ(one.at("web").now, phase::running);
  }
  EXPECT_TRUE(is_told("link.heartbeat_timeout"));
  EXPECT_FALSE(is_told("link.reconnect_failed")) << "nobody waits until all attempts have failed";
  EXPECT_THAT(one.orders_waiting(), ElementsAre("inspect"));
  one.until("web", phase::launching);
  one.until("web", phase::running);
  EXPECT_EQ(one.at("web").generation, 2U);
}

TEST(fleet_time, an_error_on_the_link_is_told) {
  driven_fleet one;
  one.create("web"), one.start("web"), one.settle();
  auto const id = one.at("web").id;
  auto const told = one.give(for_link{id, error_reported{one.all.find_link(id)->attempt, "no room"}});
  ASSERT_EQ(told.events.size(), 1U);
  EXPECT_EQ(told.events[0].type, "link.error");
  EXPECT_EQ(told.events[0].actor, "keeper");
  EXPECT_EQ(told.events[0].message, "no room");
}

TEST(fleet_time, a_link_that_fails_at_first_is_told_to_the_instance) {
  driven_fleet one;
  one.create("web"), one.start("web");
  one.until("web", phase::connecting);
  auto const id = one.at("web").id;
  one.orders.clear();
  one.give(for_link{id, stream_failed{one.all.find_link(id)->attempt, "connection refused"}});
  EXPECT_EQ(one.at("web").trouble, "connection refused");
  one.until("web", phase::running);
}

// --- recovery ---

TEST(fleet_recovery, takes_up_many_without_starting_anything_twice) {
  driven_fleet one;
  for (int i = 0; i < 40; ++i) {
    one.wall += 1ms;
    one.create(with_port(fmt::format("i{}", i)));
    one.start(fmt::format("i{}", i));
  }
  one.settle();
  auto const there = one.there;
  auto const before = one.all.last_seq();
  auto const done = one.crash();
  EXPECT_EQ(done.events[0].type, "daemon.recovered");
  EXPECT_EQ(done.events[0].seq, before + 1);
  EXPECT_EQ(done.events[0].message, "instances known: 40");
  EXPECT_EQ(one.all.counts().of(instance_state::running), 40U);
  one.settle();
  EXPECT_EQ(one.there, there);
  EXPECT_EQ(one.all.counts().of(instance_state::running), 40U);
  one.all.each([](instance const& it) { EXPECT_EQ(it.generation, 1U); });
}

TEST(fleet_recovery, ends_a_delete_that_was_under_way) {
  driven_fleet one;
  one.create("web"), one.start("web"), one.settle();
  one.remove("web");
  one.crash();
  one.until("web", phase::deleted);
  EXPECT_THAT(one.there, IsEmpty());
}

TEST(fleet, carries_hooks_and_services_without_ports) {
  driven_fleet one;
  auto spec = with_port("web");
  spec.after_connected_hook = spec.before_close_hook = true;
  spec.services.push_back({.name = "worker"});
  one.create(spec), one.start("web"), one.settle();
  EXPECT_EQ(one.at("web").now, phase::running);
  EXPECT_EQ(one.at("web").spec.services[1].port, 0);
  EXPECT_EQ(one.give(port_found_taken{one.at("web").id, "worker"}).ignored, "no port is leased to it");
  one.stop("web"), one.settle();
  EXPECT_EQ(one.at("web").now, phase::stopped);
}

}  // namespace
}  // namespace ostler::lifecycle

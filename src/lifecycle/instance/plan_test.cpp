// The planner alone: the order of every way by tables, and what must hold for any facts at all.

#include "lifecycle/instance/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lifecycle/instance/driven_instance.hpp"
#include "lifecycle/instance/step_facts.hpp"
#include "lifecycle/instance/test/dump.hpp"

namespace ostler::lifecycle {
namespace {

using testing::ElementsAre;

resource made(std::string kind, lifetime life, bool held = true) {
  resource entry;
  entry.id = resource_id::make({}, 1, std::hash<std::string>()(kind));
  entry.wish = {.kind = std::move(kind), .life = life};
  entry.held = held;
  entry.start_number = 1;
  return entry;
}

// Carries out each planned step in thought, until none is left.
std::vector<std::string> way_of(instance it) {
  std::vector<std::string> way;
  for (int i = 0; i < 50; ++i) {
    auto const next = plan(it);
    auto word = std::string(name(next.kind));
    switch (next.kind) {
      case step_kind::none: return way;
      case step_kind::inspect:
        for (auto& entry : it.resources) entry.seen = presence::present;
        break;
      case step_kind::resolve_project: it.project_resolved = true; break;
      case step_kind::resolve_workspace:
        it.workspace_resolved = true;
        it.wishes = {{.kind = "directory"}, {.kind = "container", .life = lifetime::run}};
        break;
      case step_kind::make:
        word += " " + it.wishes[next.wish].kind;
        if (next.known)
          it.resources[next.resource].held = true;
        else
          it.resources.push_back(made(it.wishes[next.wish].kind, it.wishes[next.wish].life));
        break;
      case step_kind::launch:
        if (next.known)
          it.resources[next.resource].held = true;
        else
          it.resources.push_back(made(std::string(keeper_kind), lifetime::run));
        break;
      case step_kind::connect: it.link = link_view::registered; break;
      case step_kind::after_connected: it.after_connected_done = true; break;
      case step_kind::apply_services: it.keeper_spec_version = it.spec_version; break;
      case step_kind::start_services:
        it.services_ordered = true;
        it.services.clear();
        for (auto const& wanted : it.spec.services)
          it.services.push_back({.name = wanted.name, .state = "running", .ready = true});
        break;
      case step_kind::before_close: it.before_close_done = true; break;
      case step_kind::stop_services:
        for (auto& view : it.services) view.state = "stopped";
        break;
      case step_kind::disconnect: it.link = link_view::down; break;
      case step_kind::stop_keeper:
      case step_kind::remove:
        word += " " + it.resources[next.resource].wish.kind;
        it.resources.erase(it.resources.begin() + static_cast<std::ptrdiff_t>(next.resource));
        break;
    }
    way.push_back(word);
  }
  return way;
}

instance wanted(goal what) {
  instance it;
  it.spec = full_spec();
  it.wanted = what;
  it.start_number = 1;
  return it;
}

instance up() {
  auto it = wanted(goal::running);
  it.now = phase::running;
  it.project_resolved = it.workspace_resolved = it.after_connected_done = it.services_ordered = true;
  it.wishes = {{.kind = "directory"}, {.kind = "container", .life = lifetime::run}};
  it.resources = {made("directory", lifetime::instance), made("container", lifetime::run),
                  made("keeper", lifetime::run)};
  it.link = link_view::registered;
  it.services = {{.name = "server", .state = "running", .ready = true}};
  return it;
}

TEST(plan, a_start) {
  EXPECT_THAT(way_of(wanted(goal::running)),
              ElementsAre("resolve project", "resolve workspace", "make directory", "make container",
                          "launch", "connect", "after-connected", "start services"));
}

TEST(plan, a_start_with_a_place_that_was_kept) {
  auto it = wanted(goal::running);
  it.resources = {made("directory", lifetime::instance)};
  it.resources[0].seen = presence::unknown;
  EXPECT_THAT(way_of(it), ElementsAre("inspect", "resolve project", "resolve workspace", "make container",
                                      "launch", "connect", "after-connected", "start services"));
}

TEST(plan, a_stop_a_delete_and_force) {
  auto it = up();
  it.wanted = goal::stopped;
  EXPECT_THAT(way_of(it), ElementsAre("before-close", "stop services", "disconnect", "stop keeper keeper",
                                      "remove container"));
  it.wanted = goal::deleted;
  EXPECT_THAT(way_of(it), ElementsAre("before-close", "stop services", "disconnect", "stop keeper keeper",
                                      "remove container", "remove directory"));
  it.force = true;
  EXPECT_THAT(way_of(it),
              ElementsAre("disconnect", "stop keeper keeper", "remove container", "remove directory"));
}

TEST(plan, a_restart_goes_down_first) {
  auto it = up();
  it.bounce = true;
  EXPECT_EQ(direction_of(it), direction::down);
  EXPECT_EQ(way_of(it).front(), "before-close");
}

TEST(plan, a_failed_start_is_taken_back_with_what_it_made) {
  auto it = up();
  it.now = phase::connected;
  it.failed = failure{{error_code::timed_out, "too slow", {}, {}}};
  EXPECT_THAT(way_of(it), ElementsAre("before-close", "stop services", "disconnect", "stop keeper keeper",
                                      "remove container", "remove directory"));
  it.resources[0].start_number = 0;  // It has been in use.
  EXPECT_EQ(way_of(it).back(), "remove container");
  it.resources[0].start_number = 1;
  it.failed->ending = phase::lost;
  EXPECT_EQ(way_of(it).back(), "remove container") << "what is left of a lost place may hold work";
  it.failed->taking_back = false;
  EXPECT_THAT(way_of(it), ElementsAre());
}

TEST(plan, a_recovery_goes_on_where_it_was) {
  auto it = up();
  it.link = link_view::down;
  it.services_ordered = false;
  for (auto& entry : it.resources) entry.seen = presence::unknown;
  EXPECT_THAT(way_of(it), ElementsAre("inspect", "connect", "start services"));
  it.resources.back().held = false;
  EXPECT_THAT(way_of(it), ElementsAre("inspect", "launch", "connect", "start services"))
      << "the launch that was begun is repeated under its own name";
}

TEST(plan, a_running_instance_that_reconnects_is_left_to_its_link) {
  auto it = up();
  it.link = link_view::reconnecting;
  EXPECT_THAT(way_of(it), ElementsAre());
  it.now = phase::connected;
  EXPECT_EQ(plan(it).kind, step_kind::connect);
  it.link = link_view::lost;
  it.now = phase::running;
  EXPECT_EQ(plan(it).kind, step_kind::connect);
}

TEST(plan, services_are_the_keepers_business_once_it_runs) {
  auto it = up();
  it.services[0] = {.name = "server", .state = "starting"};
  EXPECT_THAT(way_of(it), ElementsAre());
  it.services.clear();
  it.now = phase::connected;
  EXPECT_EQ(plan(it).kind, step_kind::start_services);
}

TEST(plan, what_may_be_half_gone_goes_before_anything_is_built) {
  auto it = up();
  it.now = phase::connected;
  it.link = link_view::down;
  it.resources[1].removal_ordered = true;
  EXPECT_EQ(way_of(it).front(), "remove container");
  EXPECT_EQ(way_of(it)[1], "make container");
  it.resources[1].removal_failures = 1;
  EXPECT_EQ(plan(it), planned_step{});
  EXPECT_TRUE(anything_must_go(it));
}

TEST(plan, a_removal_that_failed_waits_for_the_next_round) {
  auto it = up();
  it.wanted = goal::deleted;
  it.force = true;
  it.link = link_view::down;
  it.resources[1].removal_failures = 1;
  EXPECT_EQ(way_of(it), (std::vector<std::string>{"stop keeper keeper", "remove directory"}));
  EXPECT_TRUE(anything_must_go(it));
  it.removal_round = 1;
  EXPECT_EQ(way_of(it).size(), 3U);
}

TEST(plan, a_deleted_instance_rests) {
  auto it = up();
  it.now = phase::deleted;
  EXPECT_EQ(direction_of(it), direction::rest);
  EXPECT_EQ(plan(it), planned_step{});
}

TEST(plan, directions_have_names) {
  EXPECT_EQ(name(direction::rest), "rest");
  EXPECT_EQ(name(direction::up), "up");
  EXPECT_EQ(name(direction::down), "down");
  EXPECT_EQ(name(direction::gone), "gone");
  EXPECT_EQ(name(direction::take_back), "take back");
}

// --- all small combinations ---

// What one entry of the ledger can be: nothing, an intent, held; seen, not seen, unknown; dead, half gone.
std::vector<std::optional<resource>> variants_of(std::string const& kind, lifetime life,
                                                 std::uint32_t start) {
  std::vector<std::optional<resource>> all{std::nullopt};
  for (bool const held : {false, true})
    for (auto const seen : {presence::unknown, presence::absent, presence::present})
      for (auto const mark : {0, 1, 2}) {
        bool const dead = mark == 1, half_gone = mark == 2;
        if ((dead && kind != keeper_kind) || (half_gone && kind == "container")) continue;
        auto one = made(kind, life, held);
        one.seen = seen;
        one.dead = dead;
        one.removal_ordered = half_gone;
        one.start_number = start;
        all.push_back(one);
      }
  return all;
}

void look_at(instance const& it) {
  auto const where = direction_of(it);
  auto const next = plan(it);
  bool const upward = is_upward(next.kind) && next.kind != step_kind::none;
  bool const removes = is_removal(next.kind);
  if (where == direction::rest) EXPECT_EQ(next, planned_step{});
  if (where == direction::up) EXPECT_FALSE(is_polite(next.kind)) << "up says good-bye to nobody";
  if (where == direction::up && removes)
    EXPECT_TRUE(it.resources.at(next.resource).removal_ordered) << "up removes only what may be half gone";
  if (where != direction::up) EXPECT_FALSE(upward) << "only up makes something";

  for (auto const& entry : it.resources)
    if (next.kind == step_kind::launch && entry.is_keeper() && !entry.dead)
      EXPECT_FALSE(entry.held) << "a second keeper";
  if (removes) {
    auto const& entry = it.resources.at(next.resource);
    EXPECT_EQ(next.kind == step_kind::stop_keeper, entry.is_keeper());
    bool const own_failed_start = where == direction::take_back && it.failed->ending == phase::start_failed &&
                                  entry.start_number == it.start_number;
    EXPECT_TRUE(entry.wish.life == lifetime::run || where == direction::gone || own_failed_start ||
                entry.removal_ordered)
        << "work may be lost";
    for (std::size_t later = next.resource + 1; later < it.resources.size() && where != direction::up;
         ++later)
      EXPECT_NE(it.resources[later].wish.life, lifetime::run) << "not in reverse";
    if (where != direction::up) EXPECT_EQ(it.link, link_view::down) << "nothing is removed under a link";
  }
  if (next.kind != step_kind::none) return;
  // None: wanted and actual agree.
  if (where == direction::up) {
    bool const found_again = it.now == phase::running && it.link == link_view::reconnecting;
    EXPECT_TRUE(it.link == link_view::registered || found_again);
    EXPECT_TRUE(
        std::ranges::any_of(it.resources, [](auto const& r) { return r.is_keeper() && r.held && !r.dead; }));
    for (auto const& wish : it.wishes)
      EXPECT_TRUE(std::ranges::any_of(it.resources,
                                      [&](auto const& r) { return r.wish.kind == wish.kind && r.held; }));
  }
  if (where == direction::down || where == direction::take_back) {
    EXPECT_EQ(it.link, link_view::down);
    for (auto const& entry : it.resources)
      EXPECT_TRUE(entry.wish.life == lifetime::instance && !entry.removal_ordered);
    EXPECT_FALSE(anything_must_go(it));
  }
  if (where == direction::gone) EXPECT_TRUE(it.resources.empty());
}

TEST(plan, holds_its_promises_for_all_small_facts) {
  struct leading {
    goal want;
    std::optional<failure> failed;
    phase now;
    bool force;
  };
  error const why{error_code::timed_out, "too slow", {}, {}};
  leading const ways[] = {
      {goal::running, {}, phase::preparing, false},
      {goal::running, {}, phase::running, false},
      {goal::stopped, {}, phase::running, false},
      {goal::stopped, {}, phase::running, true},
      {goal::deleted, {}, phase::running, false},
      {goal::running, failure{why}, phase::preparing, false},
      {goal::running, failure{why, phase::lost, true}, phase::running, false},
      {goal::running, failure{why, phase::start_failed, false}, phase::start_failed, false},
      {goal::deleted, failure{why}, phase::delete_failed, true}};
  std::size_t seen = 0;
  for (auto const& way : ways)
    for (auto const& directory : variants_of("directory", lifetime::instance, 0))
      for (auto const& container : variants_of("container", lifetime::run, 1))
        for (auto const& keeper : variants_of("keeper", lifetime::run, 1))
          for (auto const link : {link_view::down, link_view::dialing, link_view::registered,
                                  link_view::reconnecting, link_view::lost})
            for (unsigned bits = 0; bits < 16; ++bits) {
              auto it = up();
              it.wanted = way.want;
              it.failed = way.failed;
              it.now = way.now;
              it.force = way.force;
              it.link = link;
              it.after_connected_done = (bits & 1U) != 0;
              it.before_close_done = (bits & 2U) != 0;
              it.services_ordered = (bits & 4U) != 0;
              it.services[0].state = (bits & 8U) != 0 ? "running" : "stopped";
              it.services[0].ready = (bits & 8U) != 0;
              it.resources.clear();
              for (auto const& entry : {directory, container, keeper})
                if (entry) it.resources.push_back(*entry);
              look_at(it);
              ++seen;
              if (HasFailure()) FAIL() << dump(it) << "\nplans " << name(plan(it).kind);
            }
  EXPECT_EQ(seen, 9U * 13 * 7 * 19 * 5 * 16);
}

}  // namespace
}  // namespace ostler::lifecycle

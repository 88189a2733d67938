// While it runs, and over crashes: contact, keepers that die, places that vanish, late answers, attention,
// health.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lifecycle/instance/test/driven_story.hpp"

namespace ostler::lifecycle {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

void keeper_dies(driven_instance& one) {
  one.there.erase(one.find(keeper_kind)->name);
  one.feed(contact_lost{});
  one.answer();
}

TEST(instance_contact, lost_contact_is_not_death) {
  auto one = running();
  one.feed(contact_interrupted{1});
  EXPECT_EQ(one.it.now, phase::running);
  EXPECT_EQ(health_of(one.it), instance_health::degraded);
  EXPECT_EQ(last_told(one, "link.reconnecting")->message, "reconnecting 1/5");
  one.feed(contact_lost{});
  EXPECT_EQ(one.it.now, phase::running);
  EXPECT_EQ(health_of(one.it), instance_health::unknown);
  EXPECT_EQ(orders_of(one).back(), "inspect") << "whether the place is still there is another question";
  one.answer();
  EXPECT_EQ(orders_of(one).back(), "open link");
  one.feed(contact_made{true});
  EXPECT_EQ(one.it.now, phase::running);
  EXPECT_EQ(orders_of(one).back(), "start services") << "the keeper is told again what is wanted";
  one.answer();
  EXPECT_EQ(health_of(one.it), instance_health::healthy);
}

TEST(instance_contact, a_running_instance_that_cannot_be_reached_is_asked_again_for_ever) {
  auto one = running();
  one.feed(contact_lost{});
  milliseconds last{};
  for (int i = 0; i < 20; ++i) {
    one.fail_step("no route");
    EXPECT_EQ(one.it.now, phase::running);
    ASSERT_TRUE(one.it.retry_at);
    last = std::chrono::duration_cast<milliseconds>(*one.it.retry_at - one.now);
    one.wait();
  }
  EXPECT_GE(last, 27s);
  EXPECT_LE(last, 33s);
}

TEST(instance_contact, services_that_fail_to_be_ordered_anew_do_not_end_a_running_instance) {
  auto one = running();
  one.feed(contact_interrupted{1});
  one.feed(contact_made{true});
  one.fail_step("the link closed");
  EXPECT_EQ(one.it.now, phase::running);
  one.settle();
  EXPECT_EQ(one.it.now, phase::running);
  EXPECT_TRUE(one.it.services_ordered);
}

TEST(instance_keeper, that_was_seen_while_it_died_is_looked_at_again_with_each_attempt_to_reach_it) {
  auto one = running();
  one.feed(contact_interrupted{1});
  one.answer();
  EXPECT_EQ(one.it.now, phase::running) << "it was still there";
  one.there.erase(one.find(keeper_kind)->name);
  one.feed(contact_interrupted{2});
  EXPECT_EQ(orders_of(one).back(), "inspect");
  one.answer();
  EXPECT_EQ(orders_of(one).back(), "ask turn") << "another one is launched";
}

TEST(instance_keeper, its_death_launches_another) {
  auto one = running();
  keeper_dies(one);
  EXPECT_EQ(one.it.now, phase::waiting_for_turn);
  EXPECT_EQ(last_told(one, "service.not_ready")->message, "Unknown: its keeper died");
  EXPECT_TRUE(one.find(keeper_kind)->dead) << "processes it held may live";
  one.until(phase::running);
  EXPECT_EQ(one.it.generation, 2U);
  EXPECT_THAT(ledger_of(one),
              ElementsAre("intent directory", "held directory", "intent container", "held container",
                          "intent keeper", "held keeper", "intent keeper", "held keeper", "released keeper"));
}

TEST(instance_keeper, dying_too_often_fails_the_instance) {
  auto one = running();
  for (int i = 0; i < 5; ++i) {
    keeper_dies(one);
    one.until(phase::running);
  }
  keeper_dies(one);
  EXPECT_EQ(one.it.failed->why.code, error_code::restarts_exhausted);
  one.until(phase::start_failed);
  EXPECT_EQ(message_of(one.it), "the keeper of web died more than 5 times in 1m");
  ASSERT_NE(one.find("directory"), nullptr) << "there is work in it";
}

TEST(instance_keeper, dying_now_and_then_is_borne_for_ever) {
  auto one = running();
  for (int i = 0; i < 12; ++i) {
    keeper_dies(one);
    one.until(phase::running);
    one.now += 61s;
  }
  EXPECT_EQ(one.it.generation, 13U);
}

TEST(instance_place, a_lost_one_is_said_to_be_lost) {
  auto one = running();
  one.feed(place_doubted{"the engine told of a removal"});
  one.feed(one.look_without("directory"));
  EXPECT_EQ(one.it.failed->why.code, error_code::instance_lost);
  one.until(phase::lost);
  EXPECT_THAT(message_of(one.it), HasSubstr("is gone and we did not remove it"));
  EXPECT_THAT(one.it.resources, IsEmpty());
  one.feed(start_asked{"user"});
  one.until(phase::running);
}

TEST(instance_place, nothing_that_outlives_a_stop_is_removed_because_a_part_was_lost) {
  auto one = running();
  one.feed(place_doubted{"rumour"});
  one.there.erase(one.find("container")->name);
  one.answer().until(phase::lost);
  ASSERT_NE(one.find("directory"), nullptr);
  EXPECT_TRUE(one.there.contains(one.find("directory")->name));
}

TEST(instance_place, a_rumour_that_is_not_true_changes_nothing) {
  auto one = running();
  one.feed(place_doubted{"rumour"});
  one.settle();
  EXPECT_EQ(one.it.now, phase::running);
  EXPECT_EQ(stopped().feed(place_doubted{"rumour"}).ignored, "not on the way up");
  EXPECT_EQ(driven_instance().feed(place_doubted{"rumour"}).ignored, "there is no place");
}

TEST(instance_place, one_that_is_missing_while_a_call_may_still_make_it_is_looked_for_again) {
  auto one = stopped();
  one.feed(start_asked{"user"});
  one.until(phase::preparing);
  while (one.it.doing) one.wait();
  one.feed(resource_made{1, one.find("container")->id, "late and of nobody"});
  one.feed(place_doubted{"rumour"});
  one.wait();
  while (!one.it.doing) one.wait();
  ASSERT_EQ(one.it.doing->step, step_kind::inspect);
  one.answer();
  EXPECT_THAT(one.it.trouble, HasSubstr("may still come into being"));
  EXPECT_FALSE(one.it.failed);
}

TEST(instance_answers, late_ones_are_taken_for_what_they_say_about_the_place_only) {
  auto one = begun(phase::preparing);
  auto const given_up = *one.it.doing;
  while (one.it.doing) one.wait();
  one.feed(resource_made{given_up.number, given_up.resource, "inode 7"});
  EXPECT_TRUE(one.find("directory")->held) << "it exists, however late we hear of it";
  one.settle();
  EXPECT_EQ(one.it.now, phase::running);
  EXPECT_EQ(one.feed(resource_made{given_up.number, given_up.resource, "inode 7"}).ignored, "held already");
}

TEST(instance_answers, of_another_kind_than_the_order_answer_nothing) {
  auto one = begun(phase::preparing);
  auto const doing = *one.it.doing;
  EXPECT_EQ(one.feed(hook_done{doing.number}).ignored, "no hook is under way");
  EXPECT_EQ(one.feed(project_resolved{doing.number}).ignored, "stale answer");
  one.feed(resource_removed{doing.number, doing.resource});
  EXPECT_EQ(one.it.doing->number, doing.number);
  EXPECT_NE(one.find("directory"), nullptr);
  auto other = begun(phase::resolving_project);
  EXPECT_EQ(other.feed(resource_existed{other.newest(), {}}).ignored, "stale answer");
  EXPECT_TRUE(other.it.doing);
}

TEST(instance_answers, failures_of_calls_given_up_settle_them_at_once) {
  auto one = begun(phase::preparing);
  auto const given_up = *one.it.doing;
  while (one.it.doing) one.wait();
  EXPECT_TRUE(one.find("directory")->settling);
  one.feed(step_failed{given_up.number, {error_code::provider_failed, "it ended after all", {}, {}}});
  EXPECT_TRUE(one.last.ignored.empty());
  EXPECT_FALSE(one.find("directory")->settling);
  EXPECT_EQ(one.feed(step_failed{999, {error_code::provider_failed, "odd", {}, {}}}).ignored, "stale answer");
}

TEST(instance_reports, of_another_keeper_or_older_ones_are_ignored) {
  auto one = running();
  auto told = one.report("error", false);
  told.generation = 7;
  EXPECT_EQ(one.feed(told).ignored, "a report of another keeper");
  told.generation = one.it.generation;
  told.seq = one.it.services_seq - 1;
  EXPECT_EQ(one.feed(told).ignored, "an older report");
  EXPECT_EQ(one.it.services[0].state, "running");
}

TEST(instance_reports, of_the_same_moment_that_know_more_are_taken) {
  auto one = running();
  auto told = one.report("error", false);
  told.seq = one.it.services_seq;
  EXPECT_EQ(one.feed(told).ignored, "");
  EXPECT_EQ(one.it.services[0].state, "error");
  EXPECT_EQ(one.feed(told).ignored, "heard already");
}

TEST(instance_reports, each_change_of_a_service_is_told_once) {
  auto one = running();
  one.notices.clear();
  one.feed(one.report("running", true));
  EXPECT_THAT(types_of(one), IsEmpty());
  for (auto const* state : {"starting", "running", "stopping", "stopped", "error", "idle"})
    one.feed(one.report(state, false));
  EXPECT_THAT(types_of(one), ElementsAre("service.starting", "service.running", "service.stopping",
                                         "service.stopped", "service.error", "service.stopped"));
  EXPECT_EQ(one.notices[4].from, "stopped");
  EXPECT_EQ(one.notices[4].to, "error");
  EXPECT_EQ(one.notices[4].reason, "exited (1) before it was ready");
}

TEST(instance_reports, a_service_that_answers_no_more_is_not_ready) {
  auto one = running();
  one.notices.clear();
  one.feed(one.report("running", false));
  EXPECT_THAT(types_of(one), ElementsAre("service.not_ready"));
}

TEST(instance_reports, each_end_of_a_process_is_told_once_and_before_what_follows) {
  auto one = running();
  one.notices.clear();
  auto ended = one.report("starting", false);
  ended.services[0].restarting = true;
  ended.services[0].run = ended.services[0].exited_run = 1;
  ended.services[0].exited_how = "exited (3)";
  one.feed(ended);
  EXPECT_THAT(types_of(one), ElementsAre("service.exited", "service.restarting"));
  EXPECT_EQ(one.notices[0].message, "exited (3)");
  // A newer process alone is nothing to tell.
  ended.seq += 1;
  ended.services[0].run = 2;
  one.feed(ended);
  EXPECT_EQ(one.notices.size(), 2U);
  EXPECT_EQ(one.it.services[0].run, 2U);
}

TEST(instance_health_word, follows_link_and_services) {
  EXPECT_EQ(health_of(driven_instance().it), instance_health::unknown);
  auto one = running();
  EXPECT_EQ(health_of(one.it), instance_health::healthy);
  one.feed(one.report("starting", false));
  EXPECT_EQ(health_of(one.it), instance_health::degraded);
  one.feed(one.report("error", false));
  EXPECT_EQ(health_of(one.it), instance_health::error);
  EXPECT_EQ(one.it.now, phase::running) << "a service in error does not end the instance";
  one.feed(stop_asked{"user"});
  EXPECT_EQ(health_of(one.it), instance_health::unknown);
}

TEST(instance_attention, is_kept_with_its_text_and_since) {
  driven_instance one;
  one.wall += 5s;
  one.feed(attention_set{attention_kind::needs_decision, "which database?"});
  EXPECT_EQ(one.it.needs, (attention{attention_kind::needs_decision, "which database?", one.wall}));
  EXPECT_EQ(last_told(one, "attention.changed")->from, "none");
  EXPECT_EQ(last_told(one, "attention.changed")->to, "needs-decision");
  EXPECT_EQ(one.feed(attention_set{attention_kind::needs_decision, "which database?"}).ignored,
            "attention as before");
}

TEST(instance_recovery, of_a_running_instance_looks_and_connects_and_starts_nothing_twice) {
  auto one = running();
  one.crash();
  EXPECT_EQ(health_of(one.it), instance_health::unknown) << "nothing was heard yet";
  one.orders.clear(), one.notices.clear(), one.ledger.clear();
  one.feed(recovered{});
  EXPECT_EQ(one.it.now, phase::running);
  one.settle();
  EXPECT_THAT(orders_of(one), ElementsAre("inspect", "open link", "start services"));
  EXPECT_THAT(one.ledger, IsEmpty());
  EXPECT_EQ(one.it.generation, 1U);
}

TEST(instance_recovery, goes_on_from_every_phase_to_what_was_wanted) {
  for (auto const& each : all_phases()) {
    if (each.state != instance_state::starting) continue;
    auto one = each.value == phase::looking ? stopped() : driven_instance();
    one.feed(start_asked{"user"});
    one.until(each.value);
    // The effect took place, the answer was lost with the daemon.
    auto const lost = one.good_answer();
    auto world = one;
    if (lost) world.feed(*lost);
    one.there = world.there;
    one.crash();
    one.feed(recovered{});
    one.settle();
    EXPECT_EQ(one.it.now, phase::running) << each.name;
    EXPECT_EQ(one.it.generation, 1U + (each.value == phase::looking ? 1U : 0U)) << each.name;
    EXPECT_EQ(one.there.size(), 3U) << each.name;
  }
  for (auto const where : {phase::before_close, phase::stopping_services, phase::disconnecting,
                           phase::stopping_keeper, phase::tearing_down}) {
    auto one = stopping(where);
    one.crash();
    one.feed(recovered{});
    one.settle();
    EXPECT_EQ(one.it.now, phase::stopped) << name(where);
    EXPECT_EQ(one.there.size(), 1U) << name(where);
  }
}

TEST(instance_recovery, leaves_alone_what_is_at_rest) {
  auto one = stopped();
  one.crash();
  auto const& done = one.feed(recovered{});
  EXPECT_TRUE(done.orders.empty());
  EXPECT_EQ(one.it.now, phase::stopped);
  EXPECT_FALSE(one.it.wake);
}

TEST(instance_recovery, a_removal_under_way_at_the_crash_is_finished_whatever_is_wanted_next) {
  auto one = stopping(phase::tearing_down);
  one.crash();
  EXPECT_TRUE(one.find("container")->removal_ordered);
  one.feed(recovered{});
  one.feed(start_asked{"user"});
  EXPECT_EQ(one.it.doing->step, step_kind::remove) << "nothing is built on what may be half gone";
  auto const before = one.find("container")->name;
  one.until(phase::running);
  EXPECT_NE(one.find("container")->name, before);
  EXPECT_EQ(one.there.size(), 3U);
}

TEST(instance_words, every_name_is_there_once) {
  std::set<std::string_view> names;
  for (auto const& each : all_phases()) {
    EXPECT_TRUE(names.insert(each.name).second) << each.name;
    EXPECT_FALSE(each.what.empty());
    EXPECT_EQ(state_of(each.value), each.state);
  }
  EXPECT_EQ(name(goal::running), "running");
  EXPECT_EQ(name(attention_kind::idle), "idle");
  EXPECT_EQ(name(instance_health::degraded), "degraded");
  EXPECT_EQ(name(link_view::reconnecting), "reconnecting");
}

TEST(instance_recovery, a_keeper_that_was_launched_before_the_crash_and_died_is_launched_anew) {
  auto one = begun(phase::launching);
  one.crash();
  one.feed(recovered{});
  one.until(phase::launching);
  EXPECT_EQ(one.it.generation, 1U);
  // The place has a durable mark that this generation was started in it.
  one.feed(resource_existed{one.newest(), one.it.doing->resource});
  one.until(phase::running);
  EXPECT_EQ(one.it.generation, 2U);
  EXPECT_EQ(std::ranges::count_if(one.it.resources, &resource::is_keeper), 1);
}

TEST(instance_keeper, the_next_one_dying_before_it_is_held_leaves_the_first_in_the_ledger) {
  auto one = running();
  keeper_dies(one);
  one.until(phase::launching);
  one.feed(place_doubted{"rumour"});
  one.fail_step("busy");
  one.wait();
  EXPECT_EQ(orders_of(one).back(), "inspect");
  one.answer();
  EXPECT_TRUE(one.find(keeper_kind)->dead);
  one.until(phase::running);
  EXPECT_EQ(std::ranges::count_if(one.it.resources, &resource::is_keeper), 1);
}

TEST(instance_answers, about_what_nobody_knows_are_passed_over) {
  auto one = stopped();
  one.feed(start_asked{"user"});
  auto seen = one.look_without({});
  seen.sightings.insert(seen.sightings.begin(), {.resource = resource_id::make({}, 9, 9)});
  one.feed(seen);
  EXPECT_EQ(one.it.now, phase::resolving_project);
  one.until(phase::preparing);
  one.feed(resource_existed{one.newest(), resource_id::make({}, 9, 9)});
  EXPECT_EQ(one.last.ignored, "answer for a released resource");
  one.until(phase::running);
}

TEST(instance_events, say_who_caused_them) {
  driven_instance one(full_spec());
  one.feed(start_asked{"agent via mcp"});
  EXPECT_EQ(last_told(one, "instance.starting")->actor, "agent via mcp");
  one.until(phase::running);
  EXPECT_EQ(last_told(one, "instance.running")->actor, "keeper") << "its report made it so";
  one.feed(one.report("error", false));
  EXPECT_EQ(last_told(one, "service.error")->actor, "keeper");
  one.feed(stop_asked{"user"});
  one.until(phase::stopped);
  EXPECT_EQ(last_told(one, "instance.stopped")->actor, "user")
      << "the last answer was to an order for whoever asked";
}

TEST(instance_events, name_a_reason_for_every_service_that_ended) {
  driven_instance one(full_spec());
  one.feed(start_asked{"user"});
  one.until(phase::running);
  one.feed(stop_asked{"agent via mcp"});
  one.until(phase::stopped);
  EXPECT_EQ(last_told(one, "service.stopped")->reason, "asked by agent via mcp");
}

TEST(instance_health_word, counts_what_has_finished_and_what_is_not_required) {
  auto spec = full_spec();
  spec.services.push_back({.name = "docs", .required = false});
  spec.services.push_back({.name = "seed", .task = true});
  driven_instance one(spec);
  one.feed(start_asked{"user"});
  one.until(phase::connected);
  one.answer();
  EXPECT_EQ(detail_of(one.it, one.now), "waiting for server, seed (0s)");
  one.until(phase::running);
  auto told = one.report("running", true);
  told.services[1] = {.name = "docs", .state = "idle"};
  told.services[2] = {.name = "seed", .state = "stopped"};
  one.feed(told);
  EXPECT_EQ(health_of(one.it), instance_health::healthy);
  told = one.report("starting", false);
  one.feed(told);
  EXPECT_EQ(health_of(one.it), instance_health::degraded);
  one.feed(contact_lost{});
  EXPECT_EQ(detail_of(one.it, one.now), "") << "nothing is in transition";
}

}  // namespace
}  // namespace ostler::lifecycle

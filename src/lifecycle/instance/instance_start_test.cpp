// The way up: what is ordered, in which order, what is told, and what happens when a step of it fails.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lifecycle/instance/plan.hpp"
#include "lifecycle/instance/test/driven_story.hpp"

namespace ostler::lifecycle {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(instance_start, goes_through_its_phases_in_order) {
  driven_instance one;
  one.feed(start_asked{"user"});
  one.until(phase::running);
  EXPECT_THAT(phases_of(one), ElementsAre("resolving-project", "resolving-workspace", "waiting-for-turn",
                                          "preparing", "launching", "connecting", "connected", "running"));
  EXPECT_THAT(orders_of(one), ElementsAre("resolve project", "resolve workspace", "ask turn",
                                          "make directory", "make container", "launch keeper", "open link",
                                          "run after-connected", "start services", "return turn"));
  EXPECT_THAT(types_of(one),
              ElementsAre("instance.starting", "instance.phase", "instance.phase", "instance.phase",
                          "resource.allocated", "resource.allocated", "instance.phase", "resource.allocated",
                          "instance.phase", "link.registered", "instance.connected", "instance.phase",
                          "service.ready", "instance.running"));
}

TEST(instance_start, messages_are_those_of_the_law_byte_by_byte) {
  driven_instance one;
  EXPECT_EQ(message_of(one.it), "Not started");
  one.feed(start_asked{"user"});
  for (auto const next : {phase::resolving_project, phase::resolving_workspace, phase::waiting_for_turn,
                          phase::preparing, phase::launching, phase::connecting, phase::connected}) {
    one.until(next);
    EXPECT_EQ(message_of(one.it), "Starting...") << name(next);
  }
  one.until(phase::running);
  EXPECT_EQ(message_of(one.it), "Running :3001");
  one.feed(stop_asked{"user"});
  for (auto const next : {phase::before_close, phase::stopping_services, phase::disconnecting,
                          phase::stopping_keeper, phase::tearing_down}) {
    one.until(next);
    EXPECT_EQ(message_of(one.it), "Stopping...") << name(next);
  }
  one.until(phase::stopped);
  EXPECT_EQ(message_of(one.it), "Stopped");
  one.feed(delete_asked{"user"});
  EXPECT_EQ(message_of(one.it), "Stopping...");
  one.until(phase::deleted);
  EXPECT_EQ(message_of(one.it), "Deleted");
}

TEST(instance_start, without_a_public_port_it_says_running_only) {
  auto spec = full_spec();
  spec.services.clear();
  driven_instance one(spec);
  one.feed(start_asked{"user"});
  one.until(phase::running);
  EXPECT_EQ(message_of(one.it), "Running");
}

TEST(instance_start, start_of_a_running_instance_answers_with_it) {
  auto one = running();
  auto const before = one.it.since;
  auto const& again = one.feed(start_asked{"somebody else"});
  EXPECT_FALSE(again.refused);
  EXPECT_EQ(again.ignored, "already wanted running");
  EXPECT_FALSE(again.changed);
  EXPECT_EQ(one.it.now, phase::running);
  EXPECT_EQ(one.it.since, before);
  EXPECT_EQ(one.it.actor, "user");
}

TEST(instance_start, an_instance_without_hooks_and_services_is_up_with_its_link) {
  driven_instance one({.name = "bare", .provider = "local"});
  one.wishes.clear();
  one.feed(start_asked{"user"});
  one.until(phase::running);
  EXPECT_THAT(orders_of(one), ElementsAre("resolve project", "resolve workspace", "ask turn", "launch keeper",
                                          "open link", "start services", "return turn"));
}

TEST(instance_start, the_intent_is_written_before_the_order_and_held_after_the_answer) {
  auto one = begun(phase::preparing);
  EXPECT_THAT(ledger_of(one), ElementsAre("intent directory"));
  EXPECT_FALSE(one.find("directory")->held);
  one.feed(resource_made{one.newest(), one.it.doing->resource, "inode 7"});
  EXPECT_THAT(ledger_of(one), ElementsAre("intent directory", "held directory", "intent container"));
  EXPECT_TRUE(one.find("directory")->held);
  EXPECT_EQ(one.find("directory")->provider_id, "inode 7");
  EXPECT_EQ(one.find("directory")->name, fmt::format("ostler-{}-directory-1", one.it.id.bare()));
}

TEST(instance_start, a_failed_step_is_tried_again_after_one_two_and_four_seconds) {
  auto one = begun(phase::preparing);
  for (auto const wait : {1s, 2s, 4s}) {
    one.fail_step("the engine is busy");
    EXPECT_EQ(one.it.now, phase::preparing);
    EXPECT_EQ(one.it.wake, one.now + wait);
    EXPECT_EQ(detail_of(one.it, one.now), fmt::format("the engine is busy; next try in {}s", wait.count()));
    one.wait();
    EXPECT_EQ(orders_of(one).back(), "make directory") << "the same resource, found by its name";
  }
  EXPECT_EQ(one.it.resources.size(), 1U);
  one.fail_step("the engine is busy");
  EXPECT_EQ(one.it.now, phase::tearing_down);
  one.until(phase::start_failed);
  EXPECT_EQ(message_of(one.it), "the engine is busy");
  EXPECT_EQ(health_of(one.it), instance_health::error);
}

TEST(instance_start, a_retry_that_works_forgets_the_failures) {
  auto one = begun(phase::launching);
  one.fail_step("busy");
  one.wait();
  one.until(phase::running);
  EXPECT_EQ(one.it.attempts, 0);
  EXPECT_EQ(one.it.trouble, "");
}

TEST(instance_start, a_failed_start_releases_all_it_made_in_reverse) {
  auto one = begun(phase::launching);
  one.ledger.clear();
  one.fail_step("no such image", false);
  EXPECT_EQ(one.it.now, phase::stopping_keeper) << "its intent is known, so it may exist";
  one.until(phase::start_failed);
  EXPECT_THAT(ledger_of(one), ElementsAre("released keeper", "released container", "released directory"));
  EXPECT_THAT(one.it.resources, IsEmpty());
  EXPECT_THAT(one.there, IsEmpty());
  EXPECT_EQ(message_of(one.it), "no such image");
}

TEST(instance_start, the_message_of_a_failure_is_its_first_line) {
  auto one = begun(phase::preparing);
  one.fail_step("no such image\nlayer 3 of 7\n", false);
  one.until(phase::start_failed);
  EXPECT_EQ(message_of(one.it), "no such image");
}

TEST(instance_start, a_failed_start_keeps_what_an_earlier_run_worked_in) {
  auto one = stopped();
  one.feed(start_asked{"user"});
  one.until(phase::launching);
  one.fail_step("no such image", false);
  one.until(phase::start_failed);
  ASSERT_NE(one.find("directory"), nullptr) << "there may be work in it";
  EXPECT_EQ(one.find("container"), nullptr);
}

TEST(instance_start, keep_on_error_keeps_everything_in_the_ledger) {
  auto spec = full_spec();
  spec.keep_on_error = true;
  driven_instance one(spec);
  one.feed(start_asked{"user"});
  one.until(phase::launching);
  one.fail_step("no such image", false);
  EXPECT_EQ(one.it.now, phase::start_failed);
  EXPECT_EQ(one.it.resources.size(), 3U);
  EXPECT_FALSE(one.it.wake);
  EXPECT_EQ(orders_of(one).back(), "return turn") << "others may start meanwhile";
  one.feed(delete_asked{"user"});
  one.until(phase::deleted);
  EXPECT_THAT(one.there, IsEmpty());
}

TEST(instance_start, an_answer_that_does_not_come_is_a_failure_that_names_the_limit) {
  auto one = begun(phase::resolving_project);
  auto const limit = one.now + one.rules.resolve_limit;
  while (one.it.doing) one.wait();
  EXPECT_EQ(one.now, limit);
  EXPECT_EQ(orders_of(one).back(), "cancel");
  EXPECT_EQ(one.it.trouble, "resolve project of web did not end within 30s");
}

TEST(instance_start, a_quota_that_is_used_up_refuses_at_the_intent_and_takes_back_the_rest) {
  kinds_refused const quota{"container"};
  auto one = begun(phase::preparing);
  one.quota = &quota;
  one.answer();
  EXPECT_THAT(ledger_of(one), ElementsAre("intent directory", "held directory")) << "no intent was written";
  one.until(phase::start_failed);
  EXPECT_EQ(message_of(one.it), "docker allows 0 container: 0 in use; 1 more asked for");
  EXPECT_EQ(one.it.failed->why.code, error_code::limit_reached);
  EXPECT_THAT(one.it.resources, IsEmpty());
}

TEST(instance_start, a_provider_that_wants_absurdly_much_is_refused) {
  auto one = begun(phase::resolving_workspace);
  one.wishes.resize(101, {.kind = "volume"});
  one.answer();
  EXPECT_EQ(one.it.now, phase::start_failed);
  EXPECT_EQ(message_of(one.it), "the provider wants 101 resources for web; allowed: at most 100");
}

TEST(instance_start, already_exists_is_looked_at_and_not_believed) {
  auto one = begun(phase::preparing);
  one.feed(resource_existed{one.newest(), one.it.doing->resource});
  EXPECT_FALSE(one.find("directory")->held);
  EXPECT_EQ(orders_of(one).back(), "inspect");
  one.there.insert(one.find("directory")->name);
  one.answer();
  EXPECT_TRUE(one.find("directory")->held) << "found by our name and label";
  EXPECT_EQ(one.it.now, phase::preparing);
  one.until(phase::running);
}

TEST(instance_start, already_exists_without_end_ends_like_any_failure) {
  auto one = begun(phase::preparing);
  for (int tries = 1; one.it.now != phase::tearing_down; ++tries) {
    one.feed(resource_existed{one.newest(), one.it.doing->resource});
    one.answer();
    ASSERT_EQ(one.it.attempts, tries) << "one failure for each time it was not found";
    if (!one.it.failed) one.wait();
  }
  one.until(phase::start_failed);
  EXPECT_THAT(message_of(one.it), HasSubstr("is said to exist already, but cannot be found"));
}

TEST(instance_start, a_foreign_resource_is_never_adopted) {
  auto one = begun(phase::preparing);
  auto const made = one.it.doing->resource;
  one.feed(resource_existed{one.newest(), made});
  one.feed(inspected{one.newest(), {{.resource = made, .seen = presence::present, .ours = false}}});
  EXPECT_EQ(one.it.failed->why.code, error_code::foreign_resource);
  EXPECT_THAT(one.it.failed->why.message, HasSubstr("exists but bears no label of ours"));
  EXPECT_FALSE(one.find("directory")->held);
  one.until(phase::start_failed);
}

TEST(instance_start, an_after_connected_hook_that_fails_is_tried_again_and_then_fails_the_start) {
  auto one = begun(phase::connected);
  for (int i = 0; i < 3; ++i) one.fail_step("exit 1"), one.wait();
  EXPECT_EQ(orders_of(one).back(), "run after-connected");
  one.fail_step("exit 1");
  one.until(phase::start_failed);
  EXPECT_EQ(message_of(one.it), "exit 1");
  EXPECT_THAT(one.there, IsEmpty());
}

TEST(instance_start, a_required_service_in_error_fails_the_start_with_its_reason) {
  auto one = begun(phase::connected);
  one.answer().answer();
  one.feed(one.report("error", false));
  one.until(phase::start_failed);
  EXPECT_EQ(message_of(one.it), "web is not ready: exited (1) before it was ready");
  EXPECT_EQ(one.it.failed->why.code, error_code::not_ready_in_time);
}

TEST(instance_start, a_service_that_is_not_required_does_not_hold_it_up) {
  auto spec = full_spec();
  spec.services.push_back({.name = "docs", .required = false});
  driven_instance one(spec);
  one.feed(start_asked{"user"});
  one.until(phase::connected);
  one.answer().answer();
  auto told = one.report("running", true);
  told.services[1] = {.name = "docs", .state = "error", .error = "spawn failed"};
  one.feed(told);
  EXPECT_EQ(one.it.now, phase::running);
  EXPECT_EQ(health_of(one.it), instance_health::degraded);
}

TEST(instance_start, a_task_that_is_done_counts_as_ready) {
  auto spec = full_spec();
  spec.services = {{.name = "seed", .task = true}};
  driven_instance one(spec);
  one.feed(start_asked{"user"});
  one.until(phase::connected);
  one.answer().answer();
  one.feed(one.report("stopped", false));
  EXPECT_EQ(one.it.now, phase::running);
  EXPECT_EQ(health_of(one.it), instance_health::healthy);
}

TEST(instance_start, detail_says_which_services_are_waited_for) {
  auto spec = full_spec();
  spec.services.push_back({.name = "db"});
  driven_instance one(spec);
  one.feed(start_asked{"user"});
  EXPECT_EQ(detail_of(one.it, one.now + 3s), "finding the project and its settings (3s)");
  one.until(phase::waiting_for_turn);
  EXPECT_EQ(detail_of(one.it, one.now), "waiting for its turn: other starts are under way");
  one.until(phase::connected);
  one.answer();
  EXPECT_EQ(detail_of(one.it, one.now + 12s), "waiting for server, db (12s)");
  one.answer();
  auto told = one.report("running", true);
  told.services[1].ready = false;
  one.feed(told);
  EXPECT_EQ(detail_of(one.it, one.now + 12s), "waiting for db (12s)");
  one.until(phase::running);
  EXPECT_EQ(detail_of(one.it, one.now), "");
}

TEST(instance_start, a_link_that_fails_first_looks_whether_the_keeper_lives_before_dialing_again) {
  auto one = begun(phase::connecting);
  one.feed(contact_failed{{error_code::not_registered_in_time, "closed before registered", {}, {}}});
  EXPECT_EQ(one.it.trouble, "closed before registered");
  one.wait();
  EXPECT_EQ(orders_of(one).back(), "inspect");
  one.answer();
  EXPECT_EQ(orders_of(one).back(), "open link");
}

TEST(instance_start, a_link_that_never_registers_fails_the_start) {
  auto one = begun(phase::connecting);
  while (one.it.now != phase::disconnecting && one.it.now != phase::stopping_keeper) {
    if (one.it.doing && one.it.doing->step == step_kind::connect)
      one.feed(contact_failed{{error_code::not_registered_in_time, "closed before registered", {}, {}}});
    else if (one.good_answer())
      one.answer();
    else
      one.wait();
  }
  one.until(phase::start_failed);
  EXPECT_EQ(message_of(one.it), "closed before registered");
}

TEST(instance_start, contact_lost_while_connecting_counts_as_a_failure) {
  auto one = begun(phase::connecting);
  one.feed(contact_lost{});
  EXPECT_FALSE(one.it.doing);
  EXPECT_EQ(one.it.attempts, 1);
  EXPECT_EQ(one.it.trouble, "contact with web is lost");
  one.settle();
  EXPECT_EQ(one.it.now, phase::running);
}

TEST(instance_start, a_keeper_that_died_while_starting_is_launched_anew) {
  auto one = begun(phase::connecting);
  one.feed(contact_failed{{error_code::link_failed, "refused", {}, {}}});
  one.there.erase(one.find("keeper")->name);
  one.settle();
  EXPECT_EQ(one.it.now, phase::running);
  EXPECT_EQ(one.it.generation, 2U);
}

TEST(instance_start, a_provider_that_cannot_say_what_is_there_is_asked_again) {
  auto one = stopped();
  one.feed(start_asked{"user"});
  auto seen = one.look_without({});
  seen.sightings[0].seen = presence::unknown;
  one.feed(seen);
  EXPECT_EQ(one.it.trouble, "the provider could not say what is there");
  one.settle();
  EXPECT_EQ(one.it.now, phase::running);
}

TEST(instance_start, a_failed_instance_can_be_started_again) {
  auto one = begun(phase::preparing);
  one.fail_step("no such image", false);
  one.until(phase::start_failed);
  one.feed(start_asked{"user"});
  EXPECT_EQ(message_of(one.it), "Starting...");
  EXPECT_FALSE(one.it.failed);
  one.until(phase::running);
  EXPECT_EQ(one.it.start_number, 2U);
}

}  // namespace
}  // namespace ostler::lifecycle

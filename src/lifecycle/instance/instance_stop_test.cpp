// The way down: stop, delete, restart, what is said no to, and what happens when something does not go.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lifecycle/instance/test/driven_story.hpp"

namespace ostler::lifecycle {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST(instance_stop, goes_down_in_order_and_keeps_the_place) {
  auto one = running();
  one.orders.clear(), one.notices.clear(), one.ledger.clear();
  one.feed(stop_asked{"agent via mcp"});
  one.until(phase::stopped);
  EXPECT_THAT(orders_of(one), ElementsAre("run before-close", "stop services", "close link", "stop keeper",
                                          "remove container"));
  EXPECT_THAT(ledger_of(one), ElementsAre("released keeper", "released container"));
  ASSERT_NE(one.find("directory"), nullptr);
  EXPECT_EQ(last_told(one, "instance.stopped")->reason, "asked by agent via mcp");
  EXPECT_FALSE(one.it.wake);
}

TEST(instance_stop, of_a_stopped_instance_answers_with_it) {
  auto one = stopped();
  auto const& again = one.feed(stop_asked{"user"});
  EXPECT_EQ(again.ignored, "already wanted stopped");
  EXPECT_FALSE(again.changed);
}

TEST(instance_stop, while_preparing_finishes_the_step_then_goes_down) {
  auto one = begun(phase::preparing);
  one.answer();
  EXPECT_EQ(orders_of(one).back(), "make container");
  one.feed(stop_asked{"user"});
  EXPECT_EQ(one.it.now, phase::cancelling);
  EXPECT_EQ(orders_of(one).back(), "make container") << "it is not cancelled: something may exist afterwards";
  one.answer();
  EXPECT_EQ(orders_of(one).back(), "return turn") << "others need not wait while it is taken down";
  one.until(phase::stopped);
  EXPECT_EQ(one.find("container"), nullptr);
  EXPECT_THAT(one.there, ElementsAre(HasSubstr("directory")));
}

TEST(instance_stop, while_resolving_cancels_the_step) {
  auto one = begun(phase::resolving_project);
  one.feed(stop_asked{"user"});
  EXPECT_EQ(orders_of(one).back(), "cancel");
  EXPECT_EQ(one.orders.back().number, 1U);
  EXPECT_EQ(one.it.now, phase::stopped);
  EXPECT_EQ(one.feed(project_resolved{1}).ignored, "stale answer");
  EXPECT_EQ(one.it.now, phase::stopped);
}

TEST(instance_stop, while_waiting_for_a_turn_gives_the_place_in_the_line_back) {
  auto one = begun(phase::waiting_for_turn);
  one.feed(stop_asked{"user"});
  EXPECT_EQ(orders_of(one).back(), "return turn");
  EXPECT_EQ(one.it.now, phase::stopped);
}

TEST(instance_stop, while_services_start_runs_the_hook_that_undoes_the_other) {
  auto one = begun(phase::connected);
  one.answer();
  one.feed(stop_asked{"user"});
  EXPECT_EQ(one.it.now, phase::before_close);
  one.until(phase::stopped);
}

TEST(instance_stop, then_start_while_cancelling_goes_on_where_it_was) {
  auto one = begun(phase::preparing);
  one.feed(stop_asked{"user"});
  one.feed(start_asked{"user"});
  EXPECT_EQ(one.it.now, phase::preparing);
  EXPECT_EQ(message_of(one.it), "Starting...") << "said at once, however long the step takes";
  one.until(phase::running);
  EXPECT_EQ(one.it.resources.size(), 3U);
}

TEST(instance_stop, then_start_during_the_before_close_hook_runs_the_after_connected_hook_again) {
  auto one = stopping(phase::before_close);
  one.feed(start_asked{"user"});
  EXPECT_EQ(orders_of(one).back(), "run after-connected") << "half of it may have been undone";
  one.until(phase::running);
}

TEST(instance_stop, then_start_while_the_keeper_stops_comes_up_again_afterwards) {
  auto one = stopping(phase::stopping_keeper);
  one.feed(start_asked{"user"});
  EXPECT_EQ(one.it.now, phase::stopping_keeper) << "what removes something is not cancelled";
  one.until(phase::running);
  EXPECT_EQ(one.it.generation, 2U);
}

TEST(instance_stop, several_rapid_starts_and_stops_end_as_the_last_one_asked) {
  auto one = begun(phase::launching);
  for (int i = 0; i < 5; ++i) {
    one.feed(stop_asked{"user"});
    one.feed(start_asked{"user"});
  }
  one.settle();
  EXPECT_EQ(one.it.now, phase::running);
  EXPECT_EQ(one.it.generation, 1U) << "nothing was started twice";
  for (int i = 0; i < 5; ++i) {
    one.feed(start_asked{"user"});
    one.feed(stop_asked{"user"});
  }
  one.settle();
  EXPECT_EQ(one.it.now, phase::stopped);
}

TEST(instance_stop, a_before_close_hook_that_fails_does_not_keep_it_up) {
  auto one = stopping(phase::before_close);
  one.fail_step("exit 1");
  EXPECT_EQ(one.it.now, phase::stopping_services);
  one.until(phase::stopped);
}

TEST(instance_stop, services_that_do_not_stop_go_with_the_keeper) {
  auto one = stopping(phase::stopping_services);
  one.fail_step("web does not end");
  EXPECT_EQ(one.it.now, phase::disconnecting);
  one.until(phase::stopped);
  EXPECT_EQ(one.it.services[0].state, "stopped");
}

TEST(instance_stop, a_link_that_does_not_close_is_let_go) {
  auto one = stopping(phase::disconnecting);
  one.fail_step("no answer");
  EXPECT_EQ(one.it.now, phase::stopping_keeper);
  EXPECT_EQ(one.it.link, link_view::down);
}

TEST(instance_stop, clean_up_is_forced_after_its_limit) {
  auto one = stopping(phase::before_close);
  auto const begin = one.now;
  while (one.it.now == phase::before_close) one.wait();
  EXPECT_EQ(one.now - begin, one.rules.cleanup_limit);
  EXPECT_TRUE(one.it.force);
  EXPECT_EQ(orders_of(one).back(), "close link by force");
  one.answer();
  EXPECT_EQ(orders_of(one).back(), "stop keeper by force");
  one.until(phase::stopped);
  EXPECT_FALSE(one.it.force) << "the next stop is polite again";
}

TEST(instance_stop, force_leaves_the_courtesies_out) {
  auto one = running();
  one.orders.clear();
  one.feed(stop_asked{"user", true});
  one.until(phase::stopped);
  EXPECT_THAT(orders_of(one),
              ElementsAre("close link by force", "stop keeper by force", "remove container by force"));
}

TEST(instance_stop, force_on_the_way_down_ends_the_courtesy_under_way) {
  auto one = stopping(phase::stopping_services);
  one.feed(stop_asked{"user", true});
  EXPECT_EQ(one.it.now, phase::disconnecting);
  EXPECT_EQ(one.feed(stop_asked{"user", true}).ignored, "already wanted stopped");
}

TEST(instance_stop, what_cannot_be_removed_is_tried_again_then_named) {
  auto one = stopping(phase::tearing_down);
  for (auto const wait : {1s, 2s, 4s}) {
    one.fail_step("device busy");
    EXPECT_EQ(one.it.now, phase::tearing_down);
    EXPECT_EQ(one.it.wake, one.now + wait);
    one.wait();
    EXPECT_EQ(orders_of(one).back(), "remove container by force");
  }
  one.fail_step("device busy");
  EXPECT_EQ(one.it.now, phase::stop_failed);
  auto const name = one.find("container")->name;
  EXPECT_EQ(message_of(one.it), fmt::format("container {}: device busy", name));
  ASSERT_NE(last_told(one, "resource.residue"), nullptr);
  EXPECT_EQ(last_told(one, "resource.residue")->subject, name);
  one.wait();
  EXPECT_EQ(one.it.now, phase::stop_failed) << "the try in the background is not shown as a new stop";
  one.answer();
  EXPECT_EQ(one.it.now, phase::stopped);
}

TEST(instance_stop, a_start_after_a_failed_stop_is_shown_at_once) {
  auto one = stopping(phase::tearing_down);
  one.fail_until(phase::stop_failed);
  one.feed(start_asked{"user"});
  EXPECT_EQ(one.it.now, phase::tearing_down) << "what may be half gone goes first";
  EXPECT_EQ(message_of(one.it), "Stopping...");
  one.until(phase::running);
}

TEST(instance_stop, a_start_that_cannot_clear_away_the_last_run_fails_and_says_so) {
  auto one = stopping(phase::tearing_down);
  one.fail_until(phase::stop_failed);
  one.feed(start_asked{"user"});
  one.fail_until(phase::start_failed);
  EXPECT_EQ(one.it.failed->why.code, error_code::stop_incomplete);
  EXPECT_THAT(message_of(one.it),
              StartsWith("what was left of an earlier run cannot be removed: container "));
  one.settle();
  EXPECT_EQ(one.it.now, phase::start_failed);
  EXPECT_EQ(one.find("container"), nullptr) << "it was removed in the background";
}

TEST(instance_stop, a_removal_told_late_ends_the_failed_stop) {
  auto one = stopping(phase::tearing_down);
  auto const given_up = *one.it.doing;
  one.fail_until(phase::stop_failed);
  one.feed(resource_removed{given_up.number, given_up.resource});
  EXPECT_EQ(one.it.now, phase::stopped) << "nothing is left that could be tried again";
  EXPECT_FALSE(one.it.wake);
}

TEST(instance_stop, a_call_that_was_given_up_is_waited_for_before_its_thing_is_removed) {
  auto one = begun(phase::preparing);
  one.answer();
  while (one.it.doing) one.wait();
  auto const given_up = one.now;
  EXPECT_EQ(orders_of(one).back(), "cancel");
  one.feed(stop_asked{"user"});
  EXPECT_EQ(one.it.now, phase::tearing_down) << "shown at once, although it has to wait";
  EXPECT_TRUE(one.it.blocked_until);
  EXPECT_EQ(detail_of(one.it, one.now), "waiting until a call that was given up can no longer take effect");
  while (!one.it.doing) one.wait();
  EXPECT_EQ(one.now - given_up, one.rules.settle_limit);
  EXPECT_TRUE(orders_of(one).back().starts_with("remove container"));
  one.until(phase::stopped);
}

TEST(instance_stop, a_removal_told_late_does_not_release_what_is_being_made) {
  auto one = begun(phase::preparing);
  auto const making = *one.it.doing;
  one.feed(stop_asked{"user"});
  one.feed(resource_removed{making.number + 70, making.resource});
  ASSERT_NE(one.find("directory"), nullptr) << "it will exist in a moment";
  one.answer();
  EXPECT_TRUE(one.find("directory")->held);
}

TEST(instance_delete, removes_everything_in_reverse_and_says_deleted) {
  auto one = running();
  one.ledger.clear();
  one.feed(delete_asked{"user"});
  one.until(phase::deleted);
  EXPECT_THAT(ledger_of(one), ElementsAre("released keeper", "released container", "released directory"));
  EXPECT_THAT(one.there, IsEmpty());
  EXPECT_EQ(last_told(one, "instance.deleted")->reason, "asked by user");
  EXPECT_EQ(last_told(one, "instance.deleted")->message, "Deleted");
}

TEST(instance_delete, while_starting_takes_back_what_was_begun) {
  for (auto const where : {phase::resolving_project, phase::resolving_workspace, phase::waiting_for_turn,
                           phase::preparing, phase::launching, phase::connecting, phase::connected}) {
    auto one = begun(where);
    one.feed(delete_asked{"user"});
    one.until(phase::deleted);
    EXPECT_THAT(one.there, IsEmpty()) << name(where);
  }
}

TEST(instance_delete, twice_is_the_same_delete) {
  auto one = running();
  one.feed(delete_asked{"user"});
  auto const& again = one.feed(delete_asked{"user"});
  EXPECT_EQ(again.ignored, "already being deleted");
  EXPECT_FALSE(again.refused);
}

TEST(instance_delete, refuses_everything_else_with_verb_and_state) {
  auto one = running();
  one.feed(delete_asked{"user"});
  EXPECT_EQ(one.feed(start_asked{"user"}).refused->message, "invalid state: cannot start while deleting");
  EXPECT_EQ(one.feed(stop_asked{"user"}).refused->message, "invalid state: cannot stop while deleting");
  EXPECT_EQ(one.feed(restart_asked{"user"}).refused->message, "invalid state: cannot restart while deleting");
  EXPECT_EQ(one.last.refused->code, error_code::invalid_state);
  EXPECT_EQ(one.last.refused->detail, "web is in phase before-close");
  one.until(phase::deleted);
  EXPECT_EQ(one.feed(start_asked{"user"}).refused->message, "invalid state: cannot start while deleted");
  EXPECT_EQ(one.feed(delete_asked{"user"}).refused->message, "invalid state: cannot delete while deleted");
}

TEST(instance_delete, a_refusal_changes_nothing_that_is_waited_for) {
  auto one = begun(phase::preparing);
  while (one.it.doing) one.wait();
  one.feed(delete_asked{"user"});
  ASSERT_TRUE(one.it.blocked_until) << "the call that was given up may still make it";
  auto const wake = one.it.wake;
  EXPECT_TRUE(one.feed(start_asked{"user"}).refused);
  EXPECT_EQ(one.it.wake, wake);
  EXPECT_FALSE(one.last.changed);
}

TEST(instance_delete, failed_names_residue_and_next_try) {
  auto one = running();
  one.feed(delete_asked{"user"});
  one.until(phase::tearing_down).fail_until(phase::delete_failed);
  auto const directory = one.find("directory")->name, container = one.find("container")->name;
  EXPECT_EQ(message_of(one.it),
            fmt::format("directory {}: the engine does not answer; container {}: the engine "
                        "does not answer",
                        directory, container));
  EXPECT_EQ(last_told(one, "instance.failed")->to, "delete-failed");
  EXPECT_EQ(last_told(one, "instance.failed")->reason, message_of(one.it));
  ASSERT_TRUE(one.it.retry_at);
  EXPECT_GE(*one.it.retry_at - one.now, 27s);
  EXPECT_LE(*one.it.retry_at - one.now, 33s);
  EXPECT_THAT(detail_of(one.it, *one.it.retry_at - 5s), testing::EndsWith("; next try in 5s"));
  one.until(phase::deleted);
  EXPECT_THAT(one.there, IsEmpty());
}

TEST(instance_delete, asked_again_after_a_failure_tries_at_once) {
  auto one = running();
  one.feed(delete_asked{"user"});
  one.until(phase::tearing_down).fail_until(phase::delete_failed);
  one.feed(delete_asked{"user"});
  EXPECT_EQ(one.it.now, phase::tearing_down);
  EXPECT_EQ(message_of(one.it), "Stopping...");
}

TEST(instance_delete, of_a_failed_instance_is_shown_at_once_even_when_it_has_to_wait) {
  auto spec = full_spec();
  spec.keep_on_error = true;
  driven_instance one(spec);
  one.feed(start_asked{"user"});
  one.until(phase::preparing);
  while (one.it.now != phase::start_failed) one.wait();
  one.feed(delete_asked{"user"});
  EXPECT_TRUE(one.it.blocked_until);
  EXPECT_EQ(message_of(one.it), "Stopping...");
  one.until(phase::deleted);
}

TEST(instance_restart, goes_down_and_up_again) {
  auto one = running();
  one.orders.clear(), one.notices.clear();
  one.feed(restart_asked{"user"});
  EXPECT_EQ(one.it.now, phase::before_close);
  one.until(phase::looking).until(phase::running);
  EXPECT_EQ(one.it.generation, 2U);
  EXPECT_EQ(one.it.start_number, 2U);
  EXPECT_EQ(last_told(one, "instance.stopped"), nullptr) << "nobody asked for it to stay down";
}

TEST(instance_restart, of_what_is_at_rest_starts_it) {
  auto one = stopped();
  one.feed(restart_asked{"user"});
  EXPECT_EQ(one.it.now, phase::looking);
  EXPECT_FALSE(one.it.bounce);
  driven_instance fresh;
  fresh.feed(restart_asked{"user"});
  fresh.until(phase::running);
}

TEST(instance_restart, then_stop_stays_down) {
  auto one = running();
  one.feed(restart_asked{"user"});
  one.feed(stop_asked{"user"});
  one.settle();
  EXPECT_EQ(one.it.now, phase::stopped);
}

TEST(instance_restart, while_waiting_for_a_turn_waits_for_it_again) {
  auto one = begun(phase::waiting_for_turn);
  one.feed(restart_asked{"user"});
  one.answer().answer();
  EXPECT_EQ(one.it.now, phase::waiting_for_turn) << "the turn asked for before is still to come";
  EXPECT_THAT(detail_of(one.it, one.now), StartsWith("waiting for its turn"));
  one.until(phase::running);
}

TEST(instance_stop, asked_again_after_a_failure_tries_at_once) {
  auto one = stopping(phase::tearing_down);
  one.fail_until(phase::stop_failed);
  one.feed(stop_asked{"user"});
  EXPECT_EQ(one.it.now, phase::tearing_down);
  one.until(phase::stopped);
}

TEST(instance_stop, waits_for_services_that_are_stopping) {
  auto one = stopping(phase::stopping_services);
  one.feed(one.report("stopping", false));
  EXPECT_EQ(one.it.now, phase::stopping_services);
  one.feed(one.report("stopped", false));
  EXPECT_EQ(one.it.now, phase::disconnecting);
}

TEST(instance_stop, a_failed_start_that_cannot_be_taken_back_says_what_is_left) {
  auto one = begun(phase::launching);
  one.fail_step("no such image", false);
  one.fail_until(phase::start_failed);
  EXPECT_EQ(message_of(one.it), "no such image");
  EXPECT_THAT(last_told(one, "instance.failed")->reason, StartsWith("no such image; left behind: "));
  EXPECT_EQ(one.it.resources.size(), 3U);
  one.settle();
  EXPECT_THAT(one.it.resources, IsEmpty());
  EXPECT_THAT(one.there, IsEmpty());
}

}  // namespace
}  // namespace ostler::lifecycle

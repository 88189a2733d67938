// What the law says of a service, row by row: the ways down, and what is wanted meanwhile.

#include <gtest/gtest.h>

#include "lifecycle/service/service_bench.hpp"

namespace ostler::lifecycle {
namespace {

TEST(service, that_fails_its_liveness_is_stopped_and_started_again) {
  service_bench b;
  b.run();
  b.feed(liveness_checked{b.newest(), false});
  b.feed(liveness_checked{b.newest(), false});
  b.feed(liveness_checked{b.newest(), true});
  b.feed(liveness_checked{b.newest(), false});
  b.feed(liveness_checked{b.newest(), false});
  EXPECT_EQ(b.public_now(), service_state::running) << "only failures in a row count";
  b.feed(liveness_checked{b.newest(), false});
  EXPECT_EQ(b.public_now(), service_state::stopping);
  EXPECT_EQ(b.told(service_fact::restarting), "web stopped answering (3 times in a row)");
  EXPECT_TRUE(b.ordered(send_stop_signal{1}));
  b.feed(exited{b.newest(), code(143)});
  b.tree({});
  EXPECT_EQ(b.public_now(), service_state::starting);
  b.wait();
  EXPECT_TRUE(b.ordered(spawn{2}));
}

TEST(service, that_fails_its_liveness_too_often_ends_in_error) {
  service_bench b;
  b.rules.restart = restart_policy::never;
  b.rules.liveness_failures = 1;
  b.run();
  b.feed(liveness_checked{b.newest(), false});
  EXPECT_EQ(b.public_now(), service_state::stopping);
  b.feed(exited{b.newest(), code(0)});
  b.tree({});
  EXPECT_EQ(b.public_now(), service_state::error);
  EXPECT_EQ(message(b.state, b.rules), "web stopped answering");

  service_bench again;
  again.rules = b.rules;
  again.run();
  again.feed(liveness_checked{again.newest(), false});
  again.feed(want_up{});
  again.feed(exited{again.newest(), code(0)});
  again.tree({});
  EXPECT_EQ(again.public_now(), service_state::starting) << "somebody wants it up meanwhile";

  service_bench exhausted;
  exhausted.rules.liveness_failures = 1;
  exhausted.rules.restarts.restarts_max = 0;
  exhausted.run();
  exhausted.feed(liveness_checked{exhausted.newest(), false});
  exhausted.feed(want_down{});
  exhausted.feed(exited{exhausted.newest(), code(0)});
  exhausted.tree({});
  EXPECT_EQ(exhausted.public_now(), service_state::stopped) << "asked-for exits are never errors";
}

TEST(service, wanted_down_it_is_stopping_at_once_and_stopped_only_when_the_tree_is_empty) {
  service_bench b;
  b.run();
  b.feed(want_down{});
  EXPECT_EQ(b.told(service_fact::stopping), "Stopping...");
  EXPECT_TRUE(b.ordered(send_stop_signal{1}));
  EXPECT_EQ(detail(b.state, b.rules, b.now + 3s), "waiting for the exit (3s)");
  b.feed(exited{b.newest(), code(1)});
  EXPECT_EQ(b.public_now(), service_state::stopping);
  EXPECT_TRUE(b.ordered(check_tree{1}));
  EXPECT_TRUE(b.ordered(write_exit_record{b.newest(), code(1), true}));
  b.tree({71});
  EXPECT_EQ(b.public_now(), service_state::stopping);
  EXPECT_EQ(detail(b.state, b.rules, b.now), "pid 71 is still there");
  b.wait();
  EXPECT_TRUE(b.ordered(check_tree{1}));
  EXPECT_FALSE(b.ordered(kill_tree{1})) << "the children have the rest of the grace";
  b.tree({});
  EXPECT_EQ(b.public_now(), service_state::stopped);
  EXPECT_EQ(b.told(service_fact::stopped), "Stopped") << "asked-for exits are never errors";
  EXPECT_FALSE(b.state.wake);
}

TEST(service, that_does_not_end_within_the_grace_is_killed_again_and_again) {
  service_bench b;
  b.run();
  b.feed(want_down{});
  b.wait();
  EXPECT_EQ(b.now, start + 10s);
  EXPECT_TRUE(b.ordered(kill_tree{1}));
  EXPECT_TRUE(b.ordered(check_tree{1}));
  EXPECT_EQ(detail(b.state, b.rules, b.now + 1s), "killed, looking again (1s)");
  b.tree({1, 2, 3, 4, 5, 6, 7});
  EXPECT_EQ(detail(b.state, b.rules, b.now), "pids 1, 2, 3, 4, 5 and 2 more are still there");
  auto before = b.now;
  for (auto const pause : {100ms, 200ms, 400ms}) {
    b.wait();
    EXPECT_EQ(b.now - before, pause);
    EXPECT_TRUE(b.ordered(kill_tree{1}));
    before = b.now;
  }
  b.feed(exited{b.newest(), {exit_status::kind::signal, 9}});
  b.tree({});
  EXPECT_EQ(b.public_now(), service_state::stopped);
}

TEST(service, a_grace_of_nothing_kills_at_once) {
  service_bench b;
  b.rules.stop_grace = 0ms;
  b.run();
  b.feed(want_down{});
  b.wait();
  EXPECT_EQ(b.now, start);
  EXPECT_TRUE(b.ordered(kill_tree{1}));
}

TEST(service, an_exit_that_was_not_observed_is_unknown) {
  service_bench b;
  b.run();
  b.feed(want_down{});
  b.wait();
  b.tree({});
  EXPECT_EQ(b.public_now(), service_state::stopping) << "the exit may still be on its way";
  b.wait();
  b.tree({});
  EXPECT_EQ(b.public_now(), service_state::stopped);
  EXPECT_TRUE(b.ordered(write_exit_record{b.newest(), exit_status{}, true}));
  EXPECT_EQ(text(*b.state.exit), "ended (exit status unknown)");
  b.feed(exited{b.newest(), code(0)});
  EXPECT_EQ(b.last.ignored, "its end is known already") << "one record for each process";
}

TEST(service, wanted_down_while_starting_is_never_lost) {
  service_bench spawning;
  spawning.feed(want_up{});
  spawning.feed(want_down{});
  EXPECT_EQ(spawning.public_now(), service_state::stopping);
  spawning.feed(spawned{spawning.newest()});
  EXPECT_TRUE(spawning.ordered(send_stop_signal{1})) << "it was born after the wish";

  service_bench failed;
  failed.feed(want_up{});
  failed.feed(want_down{});
  failed.feed(spawn_failed{1, "no such file"});
  EXPECT_EQ(failed.public_now(), service_state::stopped);

  service_bench waiting;
  waiting.begin();
  waiting.feed(want_down{});
  EXPECT_EQ(waiting.public_now(), service_state::stopping);

  service_bench backing_off;
  backing_off.run();
  backing_off.feed(exited{backing_off.newest(), code(1)});
  backing_off.feed(want_down{});
  EXPECT_EQ(backing_off.public_now(), service_state::stopping) << "children may live";
  backing_off.tree({});
  EXPECT_EQ(backing_off.public_now(), service_state::stopped);
}

TEST(service, a_spawn_that_is_never_heard_of_ends_without_a_record) {
  service_bench b;
  b.feed(want_up{});
  b.feed(want_down{});
  b.wait();
  EXPECT_TRUE(b.ordered(kill_tree{1}));
  b.tree({});
  b.wait();
  b.tree({});
  EXPECT_EQ(b.public_now(), service_state::stopped);
  EXPECT_TRUE(b.last.commands.empty());
  b.feed(exited{b.newest(), {exit_status::kind::signal, 9}});
  EXPECT_TRUE(b.ordered(write_exit_record{b.newest(), {exit_status::kind::signal, 9}, true}))
      << "it lived after all";
}

TEST(service, a_process_that_came_and_went_unheard_leaves_an_unknown_end) {
  service_bench b;
  b.feed(want_up{});
  b.feed(want_down{});
  b.wait();
  b.tree({});
  b.wait();
  b.tree({});
  ASSERT_EQ(b.public_now(), service_state::stopped);
  b.feed(spawned{b.newest()});
  EXPECT_EQ(b.public_now(), service_state::stopped);
  EXPECT_TRUE(b.ordered(write_exit_record{b.newest(), exit_status{}, true}));
  b.feed(spawned{b.newest()});
  EXPECT_EQ(b.last.ignored, "its end is known already");
}

TEST(service, wanted_up_while_stopping_starts_again_when_the_tree_is_empty) {
  service_bench b;
  b.run();
  b.feed(want_down{});
  b.feed(want_up{});
  EXPECT_EQ(b.public_now(), service_state::stopping);
  b.feed(exited{b.newest(), code(0)});
  EXPECT_FALSE(b.ordered(spawn{2}));
  b.tree({});
  EXPECT_TRUE(b.ordered(spawn{2}));
  EXPECT_EQ(b.told(service_fact::starting), "Starting...");
}

TEST(service, from_error_it_can_be_started_and_stopped) {
  service_bench b;
  b.rules.restart = restart_policy::never;
  b.begin();
  b.feed(exited{b.newest(), code(1)});
  b.feed(want_up{});
  EXPECT_EQ(b.public_now(), service_state::starting);
  EXPECT_EQ(detail(b.state, b.rules, b.now), "clearing away the former process");
  b.tree({});
  EXPECT_TRUE(b.ordered(spawn{2}));

  b.feed(spawn_failed{2, "gone"});
  b.feed(want_down{});
  EXPECT_EQ(b.public_now(), service_state::stopped);
  EXPECT_FALSE(b.state.trouble);
}

TEST(service, may_be_hurried_on_its_way_down) {
  service_bench b;
  b.run();
  b.feed(want_down{});
  b.feed(hurry{1ms});
  EXPECT_EQ(b.state.wake, b.now + 1ms);
  b.now += 1ms;
  b.feed(tick{});
  EXPECT_EQ(b.state.phase, service_phase::killing);
}

}  // namespace
}  // namespace ostler::lifecycle

// What the law says of a service, row by row: needs, tasks, adoption, and what is shown.

#include <gtest/gtest.h>

#include "lifecycle/service/service_bench.hpp"

namespace ostler::lifecycle {
namespace {

TEST(service, waits_for_its_needs_without_a_limit_of_its_own) {
  service_bench b;
  b.feed(needs_changed{false, "db"});
  b.feed(want_up{});
  EXPECT_EQ(b.public_now(), service_state::starting);
  EXPECT_EQ(detail(b.state, b.rules, b.now), "waiting for db");
  EXPECT_TRUE(b.last.commands.empty());
  EXPECT_FALSE(b.state.wake);
  b.now += 1h;
  b.feed(needs_changed{true, ""});
  EXPECT_TRUE(b.ordered(spawn{1}));
  b.feed(spawned{b.newest()});
  b.wait();
  EXPECT_EQ(b.now, start + 1h + 30s) << "its time began with its process";
}

TEST(service, a_need_in_error_is_not_waited_for_for_ever) {
  service_bench b;
  b.feed(needs_changed{false, "db"});
  b.feed(want_up{});
  b.feed(needs_changed{false, "db", true});
  EXPECT_EQ(b.public_now(), service_state::error);
  EXPECT_EQ(message(b.state, b.rules), b.rules.name + " needs db, which is in error");
  b.feed(needs_changed{false, "db", false});
  EXPECT_EQ(b.public_now(), service_state::error) << "db is tried again, and is not there yet";
  b.feed(needs_changed{true, ""});
  EXPECT_TRUE(b.ordered(spawn{1})) << "it was in error only because of db";
}

TEST(service, a_wish_to_start_while_a_need_is_in_error_is_answered_at_once) {
  service_bench b;
  b.feed(needs_changed{false, "db", true});
  b.feed(want_up{});
  EXPECT_EQ(b.public_now(), service_state::error);
  b.feed(want_down{});
  b.feed(needs_changed{true, ""});
  EXPECT_EQ(b.public_now(), service_state::stopped) << "nobody wants it up any more";
}

TEST(service, needs_that_are_lost_before_a_restart_are_waited_for) {
  service_bench b;
  b.run();
  b.feed(needs_changed{false, "db"});
  EXPECT_EQ(b.public_now(), service_state::running);
  b.feed(exited{b.newest(), code(1)});
  b.tree({});
  EXPECT_EQ(b.state.phase, service_phase::waiting_for_needs);
  b.feed(needs_changed{true, ""});
  EXPECT_EQ(b.state.phase, service_phase::backing_off) << "the wait is kept";
}

TEST(service, a_task_is_done_when_it_exits_with_zero) {
  service_bench b;
  b.rules.kind = work_kind::task;
  b.rules.ready = {};
  b.begin();
  EXPECT_EQ(b.public_now(), service_state::running);
  EXPECT_EQ(b.told(service_fact::ready), "(not told)");
  EXPECT_FALSE(satisfied(b.state, b.rules));
  b.feed(exited{b.newest(), code(0)});
  b.tree({});
  EXPECT_EQ(b.told(service_fact::stopped), "Done");
  EXPECT_EQ(b.told(service_fact::ready), "Done");
  EXPECT_TRUE(satisfied(b.state, b.rules));
  b.feed(want_up{});
  EXPECT_FALSE(satisfied(b.state, b.rules)) << "it runs again";
}

TEST(service, a_task_that_fails_is_restarted_by_policy_or_in_error) {
  service_bench b;
  b.rules.kind = work_kind::task;
  b.rules.ready = {};
  b.begin();
  b.feed(exited{b.newest(), code(1)});
  EXPECT_EQ(b.public_now(), service_state::starting);
  b.rules.restart = restart_policy::never;
  b.tree({});
  b.wait();
  b.feed(spawned{b.newest()});
  b.feed(exited{b.newest(), code(2)});
  EXPECT_EQ(message(b.state, b.rules), "web exited (2)");
}

TEST(service, a_process_found_alive_is_adopted_and_not_started_twice) {
  service_bench ready;
  ready.feed(adopted{{5, 500}, true});
  EXPECT_EQ(ready.public_now(), service_state::running);
  EXPECT_TRUE(ready.last.commands.empty());
  ready.feed(want_up{});
  EXPECT_EQ(ready.last.ignored, "already wanted up");

  service_bench starting;
  starting.feed(adopted{{5, 500}, false});
  EXPECT_EQ(starting.public_now(), service_state::starting);
  starting.feed(sign_observed{{ready_sign::http, true, {5, 500}}});
  EXPECT_EQ(starting.public_now(), service_state::running);
  starting.feed(want_down{});
  starting.feed(exited{{5, 500}, code(0)});
  starting.tree({});
  starting.feed(want_up{});
  EXPECT_TRUE(starting.ordered(spawn{6}));
}

TEST(service, a_process_found_gone_leaves_a_record_and_no_children) {
  service_bench b;
  b.feed(found_gone{{5, 500}, {}});
  EXPECT_TRUE(b.ordered(write_exit_record{{5, 500}, {}, false}));
  EXPECT_TRUE(b.ordered(kill_tree{5}));
  b.feed(want_up{});
  b.tree({501});
  EXPECT_EQ(b.public_now(), service_state::stopping);
  b.tree({});
  EXPECT_TRUE(b.ordered(spawn{6}));

  service_bench live;
  live.run();
  live.feed(found_gone{live.newest(), {}});
  EXPECT_EQ(live.public_now(), service_state::starting) << "the same as an exit";
}

TEST(service, a_wanted_process_found_gone_is_treated_as_if_it_had_ended_under_our_eyes) {
  service_bench b;
  b.feed(found_gone{{5, 500}, code(1), true, true});
  EXPECT_TRUE(b.ordered(write_exit_record{{5, 500}, code(1), false}));
  EXPECT_EQ(b.state.phase, service_phase::backing_off);

  service_bench never;
  never.rules.restart = restart_policy::never;
  never.feed(found_gone{{5, 500}, {}, true, true});
  EXPECT_EQ(never.public_now(), service_state::error);

  service_bench task;
  task.rules.kind = work_kind::task;
  task.feed(found_gone{{5, 500}, code(0), true, false});
  task.tree({});
  EXPECT_TRUE(task.state.done);
}

TEST(service, restored_is_where_it_was_and_never_uses_a_generation_twice) {
  service_bench wanted;
  wanted.feed(restored{.generation = 5, .wanted = true});
  EXPECT_TRUE(wanted.ordered(spawn{6}));

  service_bench done;
  done.rules.kind = work_kind::task;
  done.feed(restored{.generation = 5, .wanted = true, .done = true});
  EXPECT_EQ(done.public_now(), service_state::stopped);
  EXPECT_TRUE(satisfied(done.state, done.rules));

  service_bench trouble;
  trouble.feed(restored{.generation = 5,
                        .wanted = true,
                        .trouble = error{error_code::restarts_exhausted, "web exited (1)", {}, {}}});
  EXPECT_EQ(trouble.public_now(), service_state::error);
  EXPECT_EQ(trouble.state.trouble->message, "web exited (1)");
  trouble.feed(want_up{});
  EXPECT_TRUE(trouble.ordered(spawn{6}));

  service_bench unwanted;
  unwanted.feed(restored{.generation = 5});
  EXPECT_EQ(unwanted.public_now(), service_state::stopped);
}

TEST(service, shows_what_the_process_says_of_itself) {
  service_bench b;
  b.begin();
  b.feed(status_told{b.newest(), "migrating"});
  EXPECT_EQ(detail(b.state, b.rules, b.now), "waiting for http (0s): migrating");
  b.feed(sign_observed{{ready_sign::http, true, b.newest()}});
  EXPECT_EQ(detail(b.state, b.rules, b.now), "migrating");
}

TEST(service, another_pid_of_the_same_generation_is_not_the_process) {
  service_bench b;
  b.run();
  b.feed(exited{{1, 71}, code(0)});
  EXPECT_EQ(b.last.ignored, "stale process");
  EXPECT_EQ(b.public_now(), service_state::running);
}

TEST(service, that_never_ran_refuses_what_is_told_of_nobody) {
  service_bench b;
  b.feed(spawned{{0, 4242}});
  EXPECT_EQ(b.last.ignored, "its end is known already");
  b.feed(exited{{0, 4242}, code(0)});
  EXPECT_EQ(b.last.ignored, "stale process");
  b.feed(adopted{{0, 4242}, true});
  EXPECT_EQ(b.last.ignored, "stale process");
  b.feed(status_told{{0, 0}, "hello"});
  EXPECT_EQ(b.last.ignored, "stale process");
  EXPECT_EQ(b.state, service{});
}

TEST(service, words_have_one_form) {
  EXPECT_EQ(text(exit_status{exit_status::kind::signal, 9}), "was killed by signal 9");
  EXPECT_EQ(text(work_kind::task), "task");
  EXPECT_EQ(text(restart_policy::on_failure), "on_failure");
  EXPECT_EQ(text(service_fact::not_ready), "service.not_ready");
  EXPECT_EQ(message({.phase = service_phase::error}, {}), "Error");
  for (auto const phase : {service_phase::idle, service_phase::stopped, service_phase::error})
    EXPECT_EQ(detail({.phase = phase}, {}, start), "") << "nothing is awaited";
}

TEST(service, rules_come_from_the_numbers) {
  numbers n;
  n.service_start_limit = 5s;
  n.liveness_failures = 7;
  auto const rules = service_rules_of(n, "db");
  EXPECT_EQ(rules.name, "db");
  EXPECT_EQ(rules.start_limit, 5s);
  EXPECT_EQ(rules.stop_grace, 10s);
  EXPECT_EQ(rules.liveness_failures, 7);
  EXPECT_EQ(rules.tree_check, service_rules{}.tree_check);
  EXPECT_EQ(rules.restarts, intensity{});
  EXPECT_EQ(rules.restart_wait, backoff{});
}

}  // namespace
}  // namespace ostler::lifecycle

// What the law says of a service, row by row.

#include "lifecycle/service/service.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace ostler::lifecycle {
namespace {

constexpr instant start = instant{} + 24h;
constexpr exit_status code(int value) { return {.what = exit_status::kind::code, .value = value}; }

// One service and the answers it gave last.
struct bench {
  service_rules rules{.name = "web", .port = 3001, .ready = {ready_sign::http}};
  service state;
  instant now = start;
  service_step last;

  service_step const& feed(service_event const& event) {
    last = step(state, event, rules, {.now = now, .wall = {}, .luck = 1ULL << 63U});
    state = last.next;
    return last;
  }
  // Ticks whenever the service asks for it, until it orders or tells something.
  service_step const& wait() {
    do {
      now = *state.wake;
      feed(tick{});
    } while (state.wake && last.commands.empty() && last.notices.empty());
    return last;
  }
  process_key newest() const { return {state.process.generation, 70}; }
  service_state public_now() const { return lifecycle::state(state); }

  bench& begin() {
    feed(want_up{});
    feed(spawned{newest()});
    return *this;
  }
  bench& run() {
    begin();
    feed(sign_observed{{ready_sign::http, true, newest()}});
    return *this;
  }
  void tree(std::vector<std::int64_t> remaining) {
    feed(tree_checked{state.process.generation, std::move(remaining)});
  }

  bool ordered(service_command const& command) const {
    return std::ranges::find(last.commands, command) != last.commands.end();
  }
  std::string told(service_fact fact) const {
    for (auto const& notice : last.notices)
      if (notice.fact == fact) return notice.message;
    return "(not told)";
  }
};

TEST(service, wanted_up_it_is_starting_at_once_and_running_when_all_signs_hold) {
  bench b;
  b.rules.ready = {ready_sign::output, ready_sign::http};
  EXPECT_EQ(message(b.state, b.rules), "Not started");
  b.feed(want_up{});
  EXPECT_EQ(b.public_now(), service_state::starting);
  EXPECT_EQ(b.told(service_fact::starting), "Starting...");
  EXPECT_TRUE(b.ordered(spawn{1}));
  EXPECT_EQ(detail(b.state, b.rules, b.now + 2s), "waiting for the process (2s)");
  b.feed(spawned{b.newest()});
  EXPECT_EQ(detail(b.state, b.rules, b.now + 12s), "waiting for output and http (12s)");
  b.feed(sign_observed{{ready_sign::http, true, b.newest()}});
  EXPECT_EQ(b.public_now(), service_state::starting);
  EXPECT_FALSE(satisfied(b.state, b.rules));
  b.feed(sign_observed{{ready_sign::output, true, b.newest()}});
  EXPECT_EQ(b.public_now(), service_state::running);
  EXPECT_EQ(b.told(service_fact::running), "Running :3001");
  EXPECT_EQ(b.told(service_fact::ready), "Running :3001");
  EXPECT_TRUE(satisfied(b.state, b.rules));
  EXPECT_TRUE(up(b.state));
  EXPECT_EQ(detail(b.state, b.rules, b.now), "");
}

TEST(service, without_signs_it_runs_as_soon_as_it_is_spawned) {
  bench b;
  b.rules.ready = {};
  b.rules.port = 0;
  b.begin();
  EXPECT_EQ(message(b.state, b.rules), "Running");
}

TEST(service, that_cannot_be_spawned_is_in_error_with_the_reason) {
  bench b;
  b.feed(want_up{});
  b.feed(spawn_failed{1, "no such file"});
  EXPECT_EQ(b.public_now(), service_state::error);
  EXPECT_EQ(b.told(service_fact::error), "web could not be started: no such file");
  EXPECT_EQ(b.state.trouble->code, error_code::spawn_failed);
  EXPECT_FALSE(b.state.wake) << "nothing is left to clear away";
}

TEST(service, exit_before_ready_is_an_error_also_with_zero) {
  for (int const value : {0, 1}) {
    bench b;
    b.rules.restart = restart_policy::never;
    b.begin();
    b.feed(exited{b.newest(), code(value)});
    EXPECT_EQ(b.public_now(), service_state::error);
    EXPECT_EQ(message(b.state, b.rules), "web exited (" + std::to_string(value) + ") before it was ready");
    EXPECT_EQ(b.state.trouble->code, error_code::exited_before_ready);
    EXPECT_TRUE(b.ordered(write_exit_record{b.newest(), code(value), false}));
    EXPECT_TRUE(b.ordered(kill_tree{1})) << "its children must go too";
  }
}

TEST(service, exit_before_ready_is_tried_again_where_the_policy_says_so) {
  for (auto const policy : {restart_policy::always, restart_policy::on_failure}) {
    bench b;
    b.rules.restart = policy;
    b.begin();
    b.feed(exited{b.newest(), code(0)});
    EXPECT_EQ(b.public_now(), service_state::starting);
    EXPECT_EQ(b.told(service_fact::restarting),
              "restarting 1/5, next in 1s: web exited (0) before it was ready");
    EXPECT_EQ(detail(b.state, b.rules, b.now), "restarting 1/5, next in 1s");
  }
}

TEST(service, not_ready_in_time_is_an_error_that_names_the_missing_sign) {
  bench b;
  b.rules.ready = {ready_sign::tcp, ready_sign::http};
  b.begin();
  b.wait();
  EXPECT_EQ(b.now, start + 30s);
  EXPECT_EQ(b.public_now(), service_state::error);
  EXPECT_EQ(b.told(service_fact::error), "web is not ready after 30s: tcp and http are missing");
  EXPECT_EQ(b.state.trouble->code, error_code::not_ready_in_time);
  EXPECT_TRUE(b.ordered(kill_tree{1}));
  EXPECT_TRUE(up(b.state)) << "killed is not gone";
  b.feed(exited{b.newest(), {exit_status::kind::signal, 9}});
  EXPECT_TRUE(b.ordered(write_exit_record{b.newest(), {exit_status::kind::signal, 9}, true}));
  EXPECT_FALSE(up(b.state));
  b.tree({});
  EXPECT_FALSE(b.state.wake);
}

TEST(service, one_missing_sign_and_a_spawn_that_hangs_are_named_too) {
  bench b;
  b.begin();
  b.wait();
  EXPECT_EQ(message(b.state, b.rules), "web is not ready after 30s: http is missing");
  bench hangs;
  hangs.feed(want_up{});
  hangs.wait();
  EXPECT_EQ(message(hangs.state, hangs.rules), "web did not start within 30s");
  hangs.feed(spawned{hangs.newest()});
  EXPECT_TRUE(hangs.ordered(kill_tree{1})) << "born too late";
}

TEST(service, our_own_sleep_fails_no_start) {
  bench b;
  b.begin();
  b.now = start + 8h;
  b.feed(tick{});
  EXPECT_EQ(b.public_now(), service_state::starting);
  b.feed(sign_observed{{ready_sign::http, true, b.newest()}});
  EXPECT_EQ(b.public_now(), service_state::running);
}

TEST(service, a_stranger_on_the_port_is_an_error_that_names_its_pid) {
  bench b;
  b.begin();
  b.feed(sign_observed{{ready_sign::http, true, {0, 4242}}});
  EXPECT_EQ(b.public_now(), service_state::error);
  EXPECT_EQ(message(b.state, b.rules), "pid 4242 answers (http) on :3001, and it is not part of web");
  EXPECT_EQ(b.state.trouble->code, error_code::foreign_listener);

  bench running;
  running.run();
  running.feed(sign_observed{{ready_sign::http, true, {0, 4242}}});
  EXPECT_EQ(running.public_now(), service_state::running) << "ours lives";
  EXPECT_EQ(running.told(service_fact::not_ready), message(b.state, b.rules));
  running.feed(sign_observed{{ready_sign::http, true, running.newest()}});
  EXPECT_EQ(running.told(service_fact::ready), "Running :3001");
  EXPECT_FALSE(running.state.trouble);
}

TEST(service, is_not_ready_again_when_it_stops_answering) {
  bench b;
  b.run();
  b.feed(sign_observed{{ready_sign::http, false, b.newest()}});
  EXPECT_EQ(b.public_now(), service_state::running);
  EXPECT_EQ(b.told(service_fact::not_ready), "not ready: http");
  EXPECT_EQ(detail(b.state, b.rules, b.now), "not ready: http");
  EXPECT_FALSE(satisfied(b.state, b.rules));
  b.feed(sign_observed{{ready_sign::http, true, b.newest()}});
  EXPECT_EQ(b.told(service_fact::ready), "Running :3001");
}

TEST(service, unasked_exit_while_running_restarts_after_a_wait_and_only_when_the_tree_is_gone) {
  bench b;
  b.run();
  b.feed(exited{b.newest(), code(1)});
  EXPECT_EQ(b.public_now(), service_state::starting);
  EXPECT_TRUE(b.ordered(kill_tree{1}));
  b.tree({71, 72});
  EXPECT_EQ(detail(b.state, b.rules, b.now), "pids 71, 72 are still there");
  b.now += 20s;
  b.feed(tick{});
  EXPECT_FALSE(b.ordered(spawn{2})) << "a child of the former process lives";
  EXPECT_TRUE(b.ordered(kill_tree{1}));
  b.tree({});
  EXPECT_TRUE(b.ordered(spawn{2}));
}

TEST(service, the_wait_before_a_restart_is_kept_when_the_tree_is_gone_at_once) {
  bench b;
  b.run();
  b.feed(exited{b.newest(), {exit_status::kind::signal, 11}});
  b.tree({});
  EXPECT_TRUE(b.last.commands.empty());
  EXPECT_EQ(detail(b.state, b.rules, b.now), "restarting 1/5, next in 1s");
  EXPECT_EQ(detail(b.state, b.rules, b.now + 1s), "restarting 1/5");
  b.wait();
  EXPECT_EQ(b.now, start + 1s);
  EXPECT_TRUE(b.ordered(spawn{2}));
}

TEST(service, what_the_policy_does_not_restart_is_an_error) {
  for (auto const& [policy, value] :
       {std::pair(restart_policy::never, 1), std::pair(restart_policy::never, 0),
        std::pair(restart_policy::on_failure, 0)}) {
    bench b;
    b.rules.restart = policy;
    b.run();
    b.feed(exited{b.newest(), code(value)});
    EXPECT_EQ(message(b.state, b.rules), "web exited (" + std::to_string(value) + ")");
    EXPECT_EQ(b.public_now(), service_state::error);
    EXPECT_EQ(b.state.trouble->code, error_code::restarts_exhausted);
  }
  bench unknown;
  unknown.rules.restart = restart_policy::on_failure;
  unknown.run();
  unknown.feed(exited{unknown.newest(), {}});
  EXPECT_EQ(unknown.public_now(), service_state::starting) << "an unknown status is no success";
}

TEST(service, the_sixth_death_within_a_minute_is_final) {
  bench b;
  b.rules.restart = restart_policy::always;
  for (int restart = 1; restart <= 5; ++restart) {
    b.run();
    b.feed(exited{b.newest(), code(1)});
    EXPECT_NE(b.told(service_fact::restarting).find("restarting " + std::to_string(restart) + "/5"),
              std::string::npos);
    b.tree({});
    b.wait();
    EXPECT_TRUE(b.ordered(spawn{static_cast<std::uint64_t>(restart) + 1}));
  }
  b.run();
  b.feed(exited{b.newest(), code(1)});
  EXPECT_EQ(b.public_now(), service_state::error);
  EXPECT_EQ(b.told(service_fact::error), "web exited (1); it was restarted 5 times within 1m");
  EXPECT_EQ(b.state.trouble->code, error_code::restarts_exhausted);
  b.tree({});
  b.feed(want_up{});
  EXPECT_TRUE(b.ordered(spawn{7})) << "a person may always try again";
}

TEST(service, that_fails_its_liveness_is_stopped_and_started_again) {
  bench b;
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
  bench b;
  b.rules.restart = restart_policy::never;
  b.rules.liveness_failures = 1;
  b.run();
  b.feed(liveness_checked{b.newest(), false});
  EXPECT_EQ(b.public_now(), service_state::stopping);
  b.feed(exited{b.newest(), code(0)});
  b.tree({});
  EXPECT_EQ(b.public_now(), service_state::error);
  EXPECT_EQ(message(b.state, b.rules), "web stopped answering");

  bench again;
  again.rules = b.rules;
  again.run();
  again.feed(liveness_checked{again.newest(), false});
  again.feed(want_up{});
  again.feed(exited{again.newest(), code(0)});
  again.tree({});
  EXPECT_EQ(again.public_now(), service_state::starting) << "somebody wants it up meanwhile";

  bench exhausted;
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
  bench b;
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
  bench b;
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
  bench b;
  b.rules.stop_grace = 0ms;
  b.run();
  b.feed(want_down{});
  b.wait();
  EXPECT_EQ(b.now, start);
  EXPECT_TRUE(b.ordered(kill_tree{1}));
}

TEST(service, an_exit_that_was_not_observed_is_unknown) {
  bench b;
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
  bench spawning;
  spawning.feed(want_up{});
  spawning.feed(want_down{});
  EXPECT_EQ(spawning.public_now(), service_state::stopping);
  spawning.feed(spawned{spawning.newest()});
  EXPECT_TRUE(spawning.ordered(send_stop_signal{1})) << "it was born after the wish";

  bench failed;
  failed.feed(want_up{});
  failed.feed(want_down{});
  failed.feed(spawn_failed{1, "no such file"});
  EXPECT_EQ(failed.public_now(), service_state::stopped);

  bench waiting;
  waiting.begin();
  waiting.feed(want_down{});
  EXPECT_EQ(waiting.public_now(), service_state::stopping);

  bench backing_off;
  backing_off.run();
  backing_off.feed(exited{backing_off.newest(), code(1)});
  backing_off.feed(want_down{});
  EXPECT_EQ(backing_off.public_now(), service_state::stopping) << "children may live";
  backing_off.tree({});
  EXPECT_EQ(backing_off.public_now(), service_state::stopped);
}

TEST(service, a_spawn_that_is_never_heard_of_ends_without_a_record) {
  bench b;
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
  bench b;
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
  bench b;
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

TEST(service, waits_for_its_needs_without_a_limit_of_its_own) {
  bench b;
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

TEST(service, needs_that_are_lost_before_a_restart_are_waited_for) {
  bench b;
  b.run();
  b.feed(needs_changed{false, "db"});
  EXPECT_EQ(b.public_now(), service_state::running);
  b.feed(exited{b.newest(), code(1)});
  b.tree({});
  EXPECT_EQ(b.state.phase, service_phase::waiting_for_needs);
  b.feed(needs_changed{true, ""});
  EXPECT_EQ(b.state.phase, service_phase::backing_off) << "the wait is kept";
}

TEST(service, from_error_it_can_be_started_and_stopped) {
  bench b;
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

TEST(service, a_task_is_done_when_it_exits_with_zero) {
  bench b;
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
  bench b;
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
  bench ready;
  ready.feed(adopted{{5, 500}, true});
  EXPECT_EQ(ready.public_now(), service_state::running);
  EXPECT_TRUE(ready.last.commands.empty());
  ready.feed(want_up{});
  EXPECT_EQ(ready.last.ignored, "already wanted up");

  bench starting;
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
  bench b;
  b.feed(found_gone{{5, 500}, {}});
  EXPECT_TRUE(b.ordered(write_exit_record{{5, 500}, {}, false}));
  EXPECT_TRUE(b.ordered(kill_tree{5}));
  b.feed(want_up{});
  b.tree({501});
  EXPECT_EQ(b.public_now(), service_state::stopping);
  b.tree({});
  EXPECT_TRUE(b.ordered(spawn{6}));

  bench live;
  live.run();
  live.feed(found_gone{live.newest(), {}});
  EXPECT_EQ(live.public_now(), service_state::starting) << "the same as an exit";
}

TEST(service, shows_what_the_process_says_of_itself) {
  bench b;
  b.begin();
  b.feed(status_told{b.newest(), "migrating"});
  EXPECT_EQ(detail(b.state, b.rules, b.now), "waiting for http (0s): migrating");
  b.feed(sign_observed{{ready_sign::http, true, b.newest()}});
  EXPECT_EQ(detail(b.state, b.rules, b.now), "migrating");
}

TEST(service, another_pid_of_the_same_generation_is_not_the_process) {
  bench b;
  b.run();
  b.feed(exited{{1, 71}, code(0)});
  EXPECT_EQ(b.last.ignored, "stale process");
  EXPECT_EQ(b.public_now(), service_state::running);
}

TEST(service, that_never_ran_refuses_what_is_told_of_nobody) {
  bench b;
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

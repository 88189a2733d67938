// What the law says of a service, row by row: the way up, and restarts.

#include <gtest/gtest.h>

#include "lifecycle/service/service_bench.hpp"

namespace ostler::lifecycle {
namespace {

TEST(service, wanted_up_it_is_starting_at_once_and_running_when_all_signs_hold) {
  service_bench b;
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
  service_bench b;
  b.rules.ready = {};
  b.rules.port = 0;
  b.begin();
  EXPECT_EQ(message(b.state, b.rules), "Running");
}

TEST(service, that_cannot_be_spawned_is_in_error_with_the_reason) {
  service_bench b;
  b.feed(want_up{});
  b.feed(spawn_failed{1, "no such file"});
  EXPECT_EQ(b.public_now(), service_state::error);
  EXPECT_EQ(b.told(service_fact::error), "web could not be started: no such file");
  EXPECT_EQ(b.state.trouble->code, error_code::spawn_failed);
  EXPECT_FALSE(b.state.wake) << "nothing is left to clear away";
}

TEST(service, exit_before_ready_is_an_error_also_with_zero) {
  for (int const value : {0, 1}) {
    service_bench b;
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
    service_bench b;
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
  service_bench b;
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
  service_bench b;
  b.begin();
  b.wait();
  EXPECT_EQ(message(b.state, b.rules), "web is not ready after 30s: http is missing");
  service_bench hangs;
  hangs.feed(want_up{});
  hangs.wait();
  EXPECT_EQ(message(hangs.state, hangs.rules), "web did not start within 30s");
  hangs.feed(spawned{hangs.newest()});
  EXPECT_TRUE(hangs.ordered(kill_tree{1})) << "born too late";
}

TEST(service, our_own_sleep_fails_no_start) {
  service_bench b;
  b.begin();
  b.now = start + 8h;
  b.feed(tick{});
  EXPECT_EQ(b.public_now(), service_state::starting);
  b.feed(sign_observed{{ready_sign::http, true, b.newest()}});
  EXPECT_EQ(b.public_now(), service_state::running);
}

TEST(service, a_stranger_on_the_port_is_an_error_that_names_its_pid) {
  service_bench b;
  b.begin();
  b.feed(sign_observed{{ready_sign::http, true, {0, 4242}}});
  EXPECT_EQ(b.public_now(), service_state::error);
  EXPECT_EQ(message(b.state, b.rules), "pid 4242 answers (http) on :3001, and it is not part of web");
  EXPECT_EQ(b.state.trouble->code, error_code::foreign_listener);

  service_bench running;
  running.run();
  running.feed(sign_observed{{ready_sign::http, true, {0, 4242}}});
  EXPECT_EQ(running.public_now(), service_state::running) << "ours lives";
  EXPECT_EQ(running.told(service_fact::not_ready), message(b.state, b.rules));
  running.feed(sign_observed{{ready_sign::http, true, running.newest()}});
  EXPECT_EQ(running.told(service_fact::ready), "Running :3001");
  EXPECT_FALSE(running.state.trouble);
}

TEST(service, is_not_ready_again_when_it_stops_answering) {
  service_bench b;
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
  service_bench b;
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
  service_bench b;
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
    service_bench b;
    b.rules.restart = policy;
    b.run();
    b.feed(exited{b.newest(), code(value)});
    EXPECT_EQ(message(b.state, b.rules), "web exited (" + std::to_string(value) + ")");
    EXPECT_EQ(b.public_now(), service_state::error);
    EXPECT_EQ(b.state.trouble->code, error_code::restarts_exhausted);
  }
  service_bench unknown;
  unknown.rules.restart = restart_policy::on_failure;
  unknown.run();
  unknown.feed(exited{unknown.newest(), {}});
  EXPECT_EQ(unknown.public_now(), service_state::starting) << "an unknown status is no success";
}

TEST(service, the_sixth_death_within_a_minute_is_final) {
  service_bench b;
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

}  // namespace
}  // namespace ostler::lifecycle

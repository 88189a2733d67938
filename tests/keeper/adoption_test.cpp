// A keeper is killed, and another one takes over: nothing that was held notices.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "tests/keeper/held.hpp"

namespace ostler::test {
namespace {

TEST(a_successor, finds_what_runs_and_starts_nothing_twice) {
  held place;
  place.service("web", {"file", "runs", "wait"});
  place.start();
  std::int64_t pid = 0;
  std::uint64_t seq = 0;
  {
    auto const link = place.client();
    pid = link->fact("process.spawned", "web").pid;
    seq = link->fact("service.ready", "web").seq;
  }
  for (int round = 0; round < 5; ++round) {
    place.kill_keeper();
    EXPECT_TRUE(lives(pid));
    place.start_again();
    auto const link = place.client(seq);
    seq = link->fact("keeper.adopted").seq;
    auto const status = link->ask<wire::keeper_status>("status").services.at(0);
    EXPECT_EQ(status.pid, pid);
    EXPECT_EQ(status.state, "running");
    EXPECT_TRUE(status.ready);
    EXPECT_EQ(status.run, 1U);
  }
  auto const runs = run_program({"/bin/cat", place.workspace() + "/runs"}).out;
  EXPECT_EQ(runs, std::to_string(pid) + "\n");
  place.stop();
  EXPECT_FALSE(lives(pid));
}

TEST(a_home, serves_the_next_generation_after_a_stop) {
  held place;
  place.service("web", {"wait"}).autostart = false;
  place.start();
  place.client()->ask("service.start");
  place.client()->fact("service.ready", "web");
  place.stop();
  place.spec.generation = 2;
  place.start();
  auto const link = place.client();
  EXPECT_GT(link->greeting().began_seq, 0U);
  // Nothing starts by itself, and nothing is on its way down.
  EXPECT_EQ(link->ask<wire::keeper_status>("status").services.at(0).state, "stopped");
  link->ask("service.start");
  auto const started = link->event(
      [&](auto const& one) { return one.seq > link->greeting().began_seq && one.fact == "process.spawned"; },
      "process.spawned");
  EXPECT_EQ(started.run, 2U);
  place.stop();
}

TEST(a_successor, hears_how_what_it_adopted_ends_and_starts_it_again) {
  held place;
  auto& web = place.service("web", {"wait"});
  web.restart.first = milliseconds(1);
  place.start();
  auto const pid = place.client()->fact("process.spawned", "web").pid;
  place.kill_keeper();
  place.start_again();
  auto const link = place.client();
  link->fact("keeper.adopted");
  ::kill(static_cast<pid_t>(pid), SIGKILL);
  auto const end = link->fact("process.exited", "web");
  EXPECT_EQ(end.pid, pid);
  // Told exactly or not at all.
  EXPECT_TRUE(end.exit->how == wire::ended::unknown ||
              (end.exit->how == wire::ended::signal && end.exit->value == SIGKILL));
  EXPECT_EQ(link->fact("process.spawned", "web").run, 2U);
  place.stop();
}

TEST(a_successor, tells_that_what_ended_unwatched_ended_somehow) {
  held place;
  auto& web = place.service("web", {"orphan", "wait"});
  web.restart.on = wire::restart_on::never;
  place.start();
  auto const pid = place.client()->fact("process.spawned", "web").pid;
  wait_for([&] { return place.alive().size() == 2; }, "its grandchild");
  place.kill_keeper();
  ::kill(static_cast<pid_t>(pid), SIGKILL);
  wait_until_gone(pid);
  place.start_again();
  auto const link = place.client();
  auto const end = link->fact("process.exited", "web");
  EXPECT_EQ(end.exit->how, wire::ended::unknown);
  link->fact("service.error", "web");
  // Its grandchild had no business to go on.
  wait_for([&] { return place.alive().empty(); }, "the end of its grandchild");
  place.stop();
}

TEST(a_successor, after_a_start_of_the_machine_believes_no_pid) {
  held place;
  place.service("web", {"wait"});
  place.start();
  auto const pid = place.client()->fact("process.spawned", "web").pid;
  place.kill_keeper();
  // As the ident of a former boot would be; the number may belong to anybody by now.
  auto const ident = place.directory() + "/ident";
  auto text = run_program({"/bin/cat", ident}).out;
  auto const at = text.find("\"boot_id\":\"") + 11;
  text[at] = text[at] == '0' ? '1' : '0';
  std::ofstream(ident, std::ios::trunc) << text;
  place.start_again();
  auto const link = place.client();
  auto const end = link->fact("process.exited", "web");
  EXPECT_EQ(end.pid, pid);
  EXPECT_EQ(end.exit->how, wire::ended::unknown);
  EXPECT_EQ(link->fact("process.spawned", "web").run, 2U);
  place.stop();
}

TEST(a_successor, of_a_keeper_that_was_stopping_goes_on_stopping) {
  held place;
  auto& web = place.service("web", {"ignore", "15", "wait"});
  web.stop.grace = 1h;
  place.start();
  auto const link = place.client();
  auto const pid = link->fact("process.spawned", "web").pid;
  link->ask("stop", wire::stop_params{});
  link->fact("service.stopping", "web");
  place.kill_keeper();
  place.start_again();
  auto const again = place.client();
  again->ask("stop", wire::stop_params{.grace = milliseconds(1)});
  again->fact("keeper.stopped");
  EXPECT_FALSE(lives(pid));
}

TEST(a_successor, remembers_what_had_failed_and_what_was_done) {
  held place;
  auto& failed = place.service("failed", {"exit", "4"});
  failed.restart.on = wire::restart_on::never;
  auto& done = place.service("done", {"file", "done", "exit", "0"});
  done.kind = wire::service_kind_told::task;
  auto& stopped = place.service("stopped", {"wait"});
  stopped.autostart = false;
  place.start();
  {
    auto const link = place.client();
    link->event([](auto const& each) { return each.fact == "service.error"; }, "the failure");
    wait_for(
        [&] {
          auto const services = link->ask<wire::keeper_status>("status").services;
          return services.at(1).state == "stopped" && services.at(0).state == "error";
        },
        "rest");
  }
  place.kill_keeper();
  place.start_again();
  auto const link = place.client();
  auto const services = link->ask<wire::keeper_status>("status").services;
  EXPECT_EQ(services.at(0).state, "error");
  EXPECT_NE(services.at(0).message.find("failed exited (4)"), std::string::npos) << services.at(0).message;
  EXPECT_EQ(services.at(1).state, "stopped");
  EXPECT_EQ(services.at(2).state, "idle");
  EXPECT_EQ(std::filesystem::file_size(place.workspace() + "/done"),
            run_program({"/bin/cat", place.workspace() + "/done"}).out.find('\n') + 1)
      << "the task was run twice";
}

TEST(a_keeper, becomes_another_program_without_letting_go_of_anything) {
  held place;
  place.service("web", {"file", "runs", "wait"});
  auto& failing = place.service("failing", {"wait"});
  failing.restart.on = wire::restart_on::never;
  place.start();
  auto const keeper = place.keeper_pid();
  auto link = place.client();
  auto const web = link->fact("process.spawned", "web").pid;
  auto const failing_pid = link->fact("process.spawned", "failing").pid;
  auto const shell = link->ask<wire::exec_started>(
      "exec.start",
      wire::exec_start{.command = {"/bin/cat"}, .terminal = wire::terminal_size{}, .in = 3, .out = 5});
  link->credit(5, 100'000);
  link->write(3, "before\n");
  link->until([&] { return link->at(5).data.find("before") != std::string::npos; }, "the echo");
  EXPECT_EQ(link->refused("keeper.replace", wire::keeper_replace{.program = "/bin/true"}).code,
            error_code::value_unknown);
  link->ask("keeper.replace", wire::keeper_replace{.program = keeper_program()});
  wait_for(
      [&] {
        try {
          link = place.client();
          return true;
        } catch (std::exception const&) {
          return false;
        }
      },
      "the new program");
  link->fact("keeper.replaced");
  EXPECT_EQ(place.keeper_pid(), keeper);
  EXPECT_TRUE(lives(web));
  EXPECT_TRUE(lives(shell.pid));
  link->ask("session.attach", wire::session_attach{.session = shell.session, .in = 3, .out = 5});
  link->credit(5, 100'000);
  link->write(3, "after\n");
  link->until([&] { return link->at(5).data.find("after") != std::string::npos; }, "the echo");
  EXPECT_NE(link->at(5).data.find("before"), std::string::npos);
  // Ends are told exactly, because they are our children still.
  ::kill(static_cast<pid_t>(failing_pid), SIGUSR1);
  auto const end = link->fact("process.exited", "failing");
  EXPECT_EQ(end.exit->how, wire::ended::signal);
  EXPECT_EQ(end.exit->value, SIGUSR1);
  EXPECT_EQ(run_program({"/bin/cat", place.workspace() + "/runs"}).out, std::to_string(web) + "\n");
  place.stop();
}

TEST(a_successor, tells_every_end_that_nobody_has_acknowledged) {
  held place;
  auto& web = place.service("web", {"exit", "5"});
  web.restart = {.on = wire::restart_on::failure, .max = 3, .first = milliseconds(1)};
  place.start();
  place.client()->fact("service.error", "web");
  place.kill_keeper();
  place.start_again();
  auto const link = place.client();
  for (std::uint64_t run = 1; run <= 4; ++run) {
    auto const end = link->fact("process.exited", "web");
    EXPECT_EQ(end.run, run);
    EXPECT_EQ(end.exit->value, 5);
  }
  place.stop();
}

}  // namespace
}  // namespace ostler::test

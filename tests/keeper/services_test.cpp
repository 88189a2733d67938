// Services held by a real keeper: up, down, again, and what is told of it.
#include <algorithm>
#include <csignal>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <unistd.h>

#include "tests/keeper/held.hpp"

namespace ostler::test {
namespace {

TEST(a_service, comes_up_is_told_and_goes_down_without_a_trace) {
  held place;
  place.service("web", {"print", "hello\\n", "wait"});
  place.start();
  auto const link = place.client();
  link->fact("service.running", "web");
  auto const up = status_of(*link, "web");
  EXPECT_EQ(up.state, "running");
  EXPECT_EQ(up.message, "Running");
  EXPECT_TRUE(lives(up.pid));
  link->ask("service.stop", wire::services_named{{"web"}});
  auto const end = link->fact("process.exited", "web");
  ASSERT_TRUE(end.exit);
  EXPECT_EQ(end.exit->how, wire::ended::signal);
  EXPECT_EQ(end.exit->value, SIGTERM);
  EXPECT_TRUE(end.exit->asked);
  link->fact("service.stopped", "web");
  EXPECT_FALSE(lives(up.pid));
  EXPECT_TRUE(place.alive().empty());
  place.stop();
}

TEST(a_service, that_dies_is_started_again_and_its_end_told_exactly) {
  held place;
  auto& spec = place.service("web", {"exit", "3"});
  spec.restart = {.on = wire::restart_on::failure, .max = 2, .first = milliseconds(1)};
  place.start();
  auto const link = place.client();
  for (std::uint64_t run = 1; run <= 3; ++run) {
    auto const end = link->fact("process.exited", "web");
    EXPECT_EQ(end.run, run);
    EXPECT_EQ(end.exit->how, wire::ended::code);
    EXPECT_EQ(end.exit->value, 3);
    EXPECT_FALSE(end.exit->asked);
  }
  auto const error = link->fact("service.error", "web");
  EXPECT_NE(error.message.find("web exited (3)"), std::string::npos) << error.message;
  EXPECT_EQ(status_of(*link, "web").state, "error");
}

TEST(a_service, that_cannot_be_run_says_why) {
  held place;
  place.spec.services.push_back({.name = "web", .command = {"no-such-program"}});
  place.start();
  auto const link = place.client();
  auto const error = link->fact("service.error", "web");
  EXPECT_NE(error.message.find("no-such-program"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("ENOENT"), std::string::npos) << error.message;
}

TEST(services, start_in_the_order_of_their_needs_and_stop_in_the_other) {
  held place;
  auto& web = place.service("web", {"wait"});
  web.needs = {"db", "migrate"};
  auto& db = place.service("db", {"print", "ready\\n", "wait"});
  db.ready.output = "^ready$";
  auto& migrate = place.service("migrate", {"exit", "0"});
  migrate.kind = wire::service_kind_told::task;
  migrate.needs = {"db"};
  place.start();
  auto const link = place.client();
  link->fact("service.running", "db");
  link->fact("process.spawned", "migrate");
  link->fact("process.exited", "migrate");
  link->fact("process.spawned", "web");
  link->fact("service.running", "web");
  link->ask("stop", wire::stop_params{});
  link->fact("service.stopped", "web");
  link->fact("service.stopped", "db");
  link->fact("keeper.stopped");
}

TEST(a_service, finds_its_port_and_those_of_others_in_its_environment) {
  held place;
  auto& db = place.service("db", {"listen", "wait"});
  db.port.kind = wire::port_kind::automatic;
  db.ready.tcp = true;
  auto& web = place.service(
      "web", {"env", "PORT", "env", "OSTLER_PORT_DB", "env", "GREETING", "env", "FROM_FILE", "wait"});
  web.port.kind = wire::port_kind::automatic;
  web.env = {"GREETING=db at ${OSTLER_URL_DB}"};
  web.env_files = {".env"};
  web.needs = {"db"};
  std::ofstream(place.workspace() + "/.env") << "FROM_FILE='a value'\n";
  place.start();
  auto const link = place.client();
  link->fact("service.running", "web");
  auto const db_port = std::to_string(status_of(*link, "db").port);
  auto const web_port = std::to_string(status_of(*link, "web").port);
  EXPECT_NE(db_port, web_port);
  std::string text;
  wait_for(
      [&] {
        link->ask("logs.read", wire::log_read{.service = "web", .stream = 9, .only = "out", .raw = true});
        text = link->read_all(9);
        link->at(9) = {};
        return text.find("a value") != std::string::npos;
      },
      "the log");
  EXPECT_NE(text.find(web_port + "\n"), std::string::npos);
  EXPECT_NE(text.find(db_port + "\n"), std::string::npos);
  EXPECT_NE(text.find("db at http://127.0.0.1:" + db_port + "\n"), std::string::npos);
}

TEST(a_keeper, refuses_orders_it_cannot_carry_out_and_says_why) {
  held place;
  place.service("web", {"wait"});
  place.start();
  auto const link = place.client();
  auto const unknown = link->refused("service.start", wire::services_named{{"wbe"}});
  EXPECT_EQ(unknown.code, error_code::service_unknown);
  EXPECT_EQ(unknown.message, "no service 'wbe'; there are: web");
  EXPECT_EQ(link->refused("signal", wire::signal_params{.service = "web", .signal = "NONE"}).code,
            error_code::value_unknown);
  EXPECT_EQ(link->refused("forget", wire::forget_params{.nonce = "x"}).code, error_code::invalid_state);
}

TEST(a_keeper, takes_another_list_of_services_without_touching_what_stays) {
  held place;
  place.service("web", {"wait"});
  place.service("old", {"wait"});
  place.start();
  auto const link = place.client();
  link->fact("service.running", "old");
  auto const before = status_of(*link, "web").pid;
  auto services = place.spec.services;
  services[1].name = "new";
  link->ask("services.apply", wire::services_wanted{services});
  wait_for([&] { return status_of(*link, "old").name.empty() && status_of(*link, "new").state == "running"; },
           "the change");
  EXPECT_EQ(status_of(*link, "web").pid, before);
}

TEST(a_service, gets_its_signal_and_may_end_by_it_as_it_likes) {
  held place;
  auto& spec = place.service("web", {"on", "10", "7", "wait"});
  spec.restart.on = wire::restart_on::never;
  place.start();
  auto const link = place.client();
  link->fact("service.running", "web");
  // It runs, but may not have come to asking for the signal.
  wait_for(
      [&] {
        std::ifstream file("/proc/" + std::to_string(status_of(*link, "web").pid) + "/status");
        std::stringstream text;
        text << file.rdbuf();
        auto const caught = text.str().find("SigCgt:\t");
        // A mask in hexadecimal; a sanitizer catches signals of its own.
        return caught != std::string::npos &&
               (std::stoull(text.str().substr(caught + 8, 16), nullptr, 16) >> (SIGUSR1 - 1) & 1) != 0;
      },
      "the handler");
  link->ask("signal", wire::signal_params{.service = "web", .signal = "USR1"});
  EXPECT_EQ(link->fact("process.exited", "web").exit->value, 7);
}

std::string oom_score_of(std::int64_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/oom_score_adj");
  std::string text;
  file >> text;
  return text;
}

TEST(a_keeper, is_spared_when_memory_ends_and_those_it_holds_are_not) {
  held place;
  place.service("web", {"wait"});
  place.start();
  auto const link = place.client();
  link->fact("service.running", "web");
  auto const ours = oom_score_of(::getpid());
  EXPECT_EQ(oom_score_of(status_of(*link, "web").pid), ours);
  auto const abilities = link->ask<wire::keeper_status>("status").abilities;
  auto const spared = std::ranges::find(abilities, "spared", &wire::ability::what);
  ASSERT_NE(spared, abilities.end());
  // Not everybody may ask for it, and who may not says so.
  EXPECT_EQ(oom_score_of(place.keeper_pid()), spared->full ? "-900" : ours);
}

}  // namespace
}  // namespace ostler::test

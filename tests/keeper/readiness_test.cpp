// Ready is true when it is said: every lie is caught.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/keeper/held.hpp"

namespace ostler::test {
namespace {

// Somebody else's, on a port of his own.
struct foreign_listener {
  foreign_listener() : socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket.get(), 8), 0);
    EXPECT_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port = ntohs(address.sin_port);
  }
  system::fd socket;
  std::uint16_t port = 0;
};

wire::service_spec& with_http(wire::service_spec& spec) {
  spec.port.kind = wire::port_kind::automatic;
  spec.ready.http = wire::http_probe{.path = "/healthz"};
  spec.ready.every = milliseconds(5);
  spec.ready.limit = milliseconds(1500);
  spec.restart.on = wire::restart_on::never;
  return spec;
}

TEST(ready_by_http, holds_when_the_service_answers_well) {
  held place;
  auto& web = with_http(place.service("web", {"http", "200", "all is fine"}));
  web.ready.http->body = "fine";
  place.start();
  auto const link = place.client();
  link->fact("service.ready", "web");
}

TEST(ready_by_http, does_not_hold_for_an_error_nor_for_a_door_that_is_shut_at_once) {
  held place;
  with_http(place.service("failing", {"http", "500"}));
  with_http(place.service("slamming", {"http", "0"}));
  place.start();
  auto const link = place.client();
  for (int at = 0; at < 2; ++at) {
    auto const error = link->fact("service.error");
    EXPECT_NE(error.message.find("http is missing"), std::string::npos) << error.message;
  }
}

TEST(ready_by_tcp, is_no_strangers_to_give) {
  foreign_listener const stranger;
  held place;
  auto& web = place.service("web", {"wait"});
  web.port = {.kind = wire::port_kind::fixed, .number = stranger.port};
  web.ready.tcp = true;
  web.ready.every = milliseconds(5);
  auto const run = place.try_start();
  if (run.code != 0) {
    // Seen before anything was started.
    EXPECT_NE(run.err.find(std::to_string(::getpid())), std::string::npos) << run.err;
    return;
  }
  auto const link = place.client();
  auto const error = link->fact("service.error", "web");
  EXPECT_NE(error.message.find(std::to_string(::getpid())), std::string::npos) << error.message;
}

TEST(ready_by_output, is_found_in_two_writes_and_in_a_line_without_end) {
  held place;
  auto& split = place.service("split", {"print", "serv", "print", "er is up", "wait"});
  split.ready.output = "server is up";
  auto& endless = place.service("endless", {"line", "1", "print", "server is up", "wait"});
  endless.ready.output = "server is up";
  place.start();
  auto const link = place.client();
  link->event([](auto const& each) { return each.fact == "service.ready"; }, "the first");
  link->event([](auto const& each) { return each.fact == "service.ready"; }, "the second");
}

TEST(ready_by_output, of_one_that_dies_is_taken_back) {
  held place;
  auto& web = place.service("web", {"print", "server is up\\n", "exit", "1"});
  web.ready.output = "server is up";
  web.restart.on = wire::restart_on::never;
  place.start();
  auto const link = place.client();
  auto const error = link->fact("service.error", "web");
  EXPECT_NE(error.message.find("web exited (1)"), std::string::npos) << error.message;
  for (auto const& each : link->ask<wire::keeper_status>("status").services) EXPECT_FALSE(each.ready);
}

TEST(ready_by_exec_and_notify_and_registered, need_each_of_them) {
  held place;
  auto& web =
      place.service("web", {"notify", "STATUS=warming up\\nREADY=1", "register", "file", "up", "wait"});
  web.ready.notify = true;
  web.ready.registered = true;
  web.ready.exec = {"/bin/sh", "-c", "test -s up"};
  web.ready.every = milliseconds(5);
  place.start();
  auto const link = place.client();
  link->fact("service.ready", "web");
  auto const services = link->ask<wire::keeper_status>("status").services;
  EXPECT_EQ(services.at(0).says, "warming up");
}

TEST(ready_by_notify, is_no_strangers_to_give) {
  held place;
  auto& web = place.service("web", {"wait"});
  web.ready.notify = true;
  web.ready.limit = milliseconds(300);
  web.restart.on = wire::restart_on::never;
  place.start();
  // Somebody who found the socket.
  ::setenv("NOTIFY_SOCKET", (place.directory() + "/notify.sock").c_str(), 1);
  EXPECT_EQ(run_program({service_program(), "notify", "READY=1"}).code, 0);
  ::unsetenv("NOTIFY_SOCKET");
  auto const link = place.client();
  auto const error = link->fact("service.error", "web");
  EXPECT_NE(error.message.find("notify is missing"), std::string::npos) << error.message;
}

TEST(ready, is_taken_back_when_the_service_stops_answering) {
  held place;
  auto& web = place.service("web", {"wait"});
  web.ready.exec = {"/bin/sh", "-c", "test ! -e broken"};
  web.ready.every_ready = milliseconds(5);
  place.start();
  auto const link = place.client();
  link->fact("service.ready", "web");
  EXPECT_EQ(run_program({"/bin/touch", place.workspace() + "/broken"}).code, 0);
  link->fact("service.not_ready", "web");
  EXPECT_EQ(run_program({"/bin/rm", place.workspace() + "/broken"}).code, 0);
  link->fact("service.ready", "web");
}

TEST(a_service, that_is_not_alive_any_more_is_started_again) {
  held place;
  auto& web = place.service("web", {"wait"});
  web.alive =
      wire::alive_spec{.exec = {"/bin/sh", "-c", "test ! -e hung"}, .every = milliseconds(5), .failures = 2};
  web.restart.first = milliseconds(1);
  place.start();
  auto const link = place.client();
  link->fact("service.running", "web");
  EXPECT_EQ(run_program({"/bin/touch", place.workspace() + "/hung"}).code, 0);
  auto const again = link->fact("service.restarting", "web");
  EXPECT_NE(again.message.find("web stopped answering"), std::string::npos) << again.message;
  EXPECT_EQ(run_program({"/bin/rm", place.workspace() + "/hung"}).code, 0);
  EXPECT_EQ(link->fact("process.spawned", "web").run, 2U);
}

}  // namespace
}  // namespace ostler::test

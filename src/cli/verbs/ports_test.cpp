// Ports: shown, and passed on to an instance by the whole program.
#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/verbs/test/called.hpp"
#include "cli/verbs/test/program.hpp"
#include "operations/file_operations.hpp"
#include "operations/instance_operations.hpp"

namespace ostler::cli {
namespace {

using client::test::false_daemon;
using client::test::peer;
using operations::instance_state;
using test::answers;
using test::instance_of;
using test::program;
using testing::HasSubstr;
using wire::websocket_kind;

operations::instance_list one_running(test::place const& here) {
  return {.instances = {instance_of(here, "auth", instance_state::running, "Running")}, .total = 1};
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

// One that was free a moment ago.
std::uint16_t free_port() {
  system::fd const made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto address = loopback(0);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(made.get(), reinterpret_cast<sockaddr const*>(&address), size), 0);
  EXPECT_EQ(::getsockname(made.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  return ntohs(address.sin_port);
}

// Sends, and gives all that comes until the other side ends.
std::string talk(std::uint16_t port, std::string_view text) {
  system::fd const made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto const address = loopback(port);
  EXPECT_EQ(::connect(made.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address), 0);
  EXPECT_EQ(::send(made.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  std::string out;
  std::string piece(4096, '\0');
  for (;;) {
    auto const count = ::recv(made.get(), piece.data(), piece.size(), 0);
    if (count <= 0) return out;
    out.append(piece, 0, static_cast<std::size_t>(count));
  }
}

TEST(port, shows_who_listens) {
  test::place const here;
  operations::port_list const ports{
      .ports = {
          {.address = "127.0.0.1", .port = 3000, .pid = 42, .service = "web", .url = "http://127.0.0.1:3000"},
          {.address = "0.0.0.0", .port = 9, .pid = 43, .service = "db"}}};
  false_daemon const daemon({[&](peer& client) {
    answers(one_running(here))(client);
    answers(ports)(client);
  }});
  EXPECT_EQ(here.call(daemon, {"port", "auth", "web"}).out,
            "SERVICE  PORT  URL                    ADDRESS    PID\n"
            "web      3000  http://127.0.0.1:3000  127.0.0.1  42\n");
}

TEST(port, refuses_what_is_no_port) {
  test::place const here;
  for (auto const* bad : {"0", "80:0", "x", "80:", "70000", "1:2:3"})
    EXPECT_EQ(here.call({"port", "auth", "--forward", bad}).code, 2) << bad;
}

TEST(a_forwarded_port, passes_bytes_both_ways_until_ctrl_c) {
  test::place const here;
  std::string asked;
  std::string heard;
  auto const serves = [&](peer& client) {
    asked = client.upgrade();
    heard = client.hear().second;
    client.say(websocket_kind::binary, "pong");
  };
  false_daemon const daemon({answers(one_running(here)), serves});
  auto const local = free_port();
  auto forward = program::at_pipe({"--host", "unix:" + daemon.address().socket, "port", "auth", "--forward",
                                   fmt::format("{}:3000", local)});
  forward.read_until(fmt::format("127.0.0.1:{} -> auth:3000\n", local));
  EXPECT_EQ(talk(local, "ping"), "pong");
  forward.signal(SIGINT);
  EXPECT_EQ(forward.end(), 0);
  EXPECT_THAT(asked, HasSubstr("GET /api/v1/instances/auth/ports/3000/forward "));
  EXPECT_EQ(heard, "ping");
}

}  // namespace
}  // namespace ostler::cli

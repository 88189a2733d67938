#include "client/websocket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "client/connection.hpp"
#include "client/test/false_daemon.hpp"
#include "operations/file_operations.hpp"
#include "operations/session_operations.hpp"

namespace ostler::client {
namespace {

using namespace std::string_literals;
using test::false_daemon;
using test::peer;
using testing::HasSubstr;
using testing::Pair;
using testing::StartsWith;

result<websocket> attach(false_daemon const& daemon) {
  return connection(daemon.address())
      .open_websocket<operations::terminals_attach>({.instance = "web", .session = "s1", .rows = 40});
}

TEST(a_websocket, carries_texts_and_bytes_in_both_directions) {
  std::string asked;
  {
    false_daemon const daemon({[&](peer& client) {
      asked = client.upgrade();
      EXPECT_THAT(client.hear(), Pair(wire::websocket_kind::binary, "ls\n"));
      EXPECT_THAT(client.hear(), Pair(wire::websocket_kind::text, "{}"));
      client.say(wire::websocket_kind::binary, "\x1b[1m\0"s);
      client.say("grün");
      client.await_end();
    }});
    auto socket = attach(daemon);
    ASSERT_TRUE(socket) << socket.error().message;
    socket->send_bytes("ls\n");
    socket->send_text("{}");
    auto const first = socket->receive_within(30s);
    ASSERT_TRUE(first && *first);
    EXPECT_EQ((*first)->kind, incoming_kind::binary);
    EXPECT_EQ((*first)->data, "\x1b[1m\0"s);
    auto const second = socket->receive_within(30s);
    ASSERT_TRUE(second && *second);
    EXPECT_EQ((*second)->data, "grün");
  }
  EXPECT_THAT(asked, StartsWith("GET /api/v1/instances/web/terminals/s1/attach?rows=40 HTTP/1.1\r\n"));
  EXPECT_THAT(asked, HasSubstr("\r\nAuthorization: Bearer secret\r\n"));
}

TEST(a_websocket, gives_what_came_together_with_the_upgrade) {
  false_daemon const daemon({[](peer& client) {
    std::string frame;
    wire::write_websocket(frame, wire::websocket_kind::text, std::string(100'000, 'x'), std::nullopt);
    client.upgrade();
    client.send(frame);
    client.await_end();
  }});
  auto socket = attach(daemon);
  ASSERT_TRUE(socket);
  auto const heard = socket->receive_within(30s);
  ASSERT_TRUE(heard && *heard);
  EXPECT_EQ((*heard)->data.size(), 100'000U);
}

TEST(a_websocket, answers_pings_and_goodbyes) {
  false_daemon const daemon({[](peer& client) {
    client.upgrade();
    client.say(wire::websocket_kind::ping, "there?");
    EXPECT_THAT(client.hear(), Pair(wire::websocket_kind::pong, "there?"));
    client.say(wire::websocket_kind::close,
               wire::websocket_close_payload(wire::websocket_close::going_away, "restarting"));
    EXPECT_THAT(client.hear(), Pair(wire::websocket_kind::close, testing::_));
  }});
  auto socket = attach(daemon);
  ASSERT_TRUE(socket);
  auto const heard = socket->receive_within(30s);
  ASSERT_TRUE(heard && *heard);
  EXPECT_EQ((*heard)->kind, incoming_kind::closed);
  EXPECT_EQ((*heard)->code, 1001);
  EXPECT_EQ((*heard)->data, "restarting");
  // Nothing follows.
  EXPECT_FALSE(*socket->receive());
}

TEST(a_websocket, that_ends_without_a_goodbye_or_breaks_the_rules_is_an_error) {
  for (auto const& [bytes, code] : {std::pair(""s, error_code::daemon_unreachable),
                                    std::pair("\xff\xff"s, error_code::message_malformed)}) {
    false_daemon const daemon({[&](peer& client) {
      client.upgrade();
      client.send(bytes);
    }});
    auto socket = attach(daemon);
    ASSERT_TRUE(socket);
    auto const heard = socket->receive_within(30s);
    ASSERT_FALSE(heard);
    EXPECT_EQ(heard.error().code, code);
  }
}

TEST(a_websocket, that_is_refused_says_why) {
  false_daemon const daemon({[](peer& client) {
    client.request();
    client.answer(404, R"({"error":{"code":"P0620","message":"there is no session s1"}})");
  }});
  auto const refused = attach(daemon);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::session_unknown);
}

TEST(a_websocket, is_not_opened_to_who_does_not_know_the_key) {
  for (auto const* answer : {"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n\r\n",
                             "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}) {
    false_daemon const daemon({[&](peer& client) {
      client.request();
      client.send(answer);
    }});
    auto const refused = attach(daemon);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, error_code::message_malformed);
  }
}

TEST(a_websocket, keeps_what_the_other_side_does_not_read_and_says_how_much) {
  constexpr std::size_t pieces = 400;
  false_daemon const daemon({[](peer& client) {
    client.upgrade();
    for (std::size_t i = 0; i < pieces; ++i) EXPECT_EQ(client.hear().second.size(), 10'000U);
    client.say("all");
    client.await_end();
  }});
  auto socket =
      connection(daemon.address()).open_websocket<operations::ports_forward>({.instance = "web", .port = 80});
  ASSERT_TRUE(socket);
  for (std::size_t i = 0; i < pieces; ++i) socket->send_bytes(std::string(10'000, 'x'));
  auto const heard = socket->receive_within(30s);
  ASSERT_TRUE(heard && *heard);
  EXPECT_EQ((*heard)->data, "all");
  EXPECT_EQ(socket->unsent(), 0U);
}

TEST(a_wait, ends_for_another_descriptor) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  system::fd const read_end(ends[0]);
  system::fd write_end(ends[1]);
  false_daemon const daemon({[&](peer& client) {
    client.upgrade();
    client.await_end();
  }});
  auto socket = attach(daemon);
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->wait(0ms, read_end.get()), woken::time_is_over);
  write_end.reset();
  EXPECT_EQ(socket->wait(-1ms, read_end.get()), woken::other_fd);
}

}  // namespace
}  // namespace ostler::client

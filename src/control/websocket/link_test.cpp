#include "control/websocket/link.hpp"

#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/test/echo.hpp"
#include "control/test/open_door.hpp"
#include "wire/test/client_frames.hpp"

namespace ostler::control::websocket {
namespace {

using async::task;
using test::echo;
using test::open_door;
using test::raw_client;
using testing::HasSubstr;
using wire::websocket_kind;
using wire::test::client_frame;

// What the conversation of agents is bound to here.
class a_websocket : public testing::Test {
 public:
  void open(conversation (*talk)(), limits numbers = {}) {
    door.emplace(
        [talk](bindings& into, async::home const&) {
          into.bind<operations::agents_connect>(
              [talk](auto const&...) -> task<result<conversation>> { return decided(talk()); });
          test::bind_all_falsely(into);
        },
        numbers);
  }
  void open_echo(limits numbers = {}) {
    open([] { return conversation(echo); }, numbers);
  }
  static task<result<conversation>> decided(conversation talk) { co_return std::move(talk); }

  raw_client connected(std::string_view more = {}) {
    auto client = door->by_tcp();
    client.send(door->upgrade("/api/v1/agents/connect", more));
    auto const got = client.read_answer();
    EXPECT_EQ(got.status, 101) << got.head << got.body;
    EXPECT_EQ(got.field("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    return client;
  }

  static std::uint16_t code_of(test::raw_frame const& frame) {
    EXPECT_EQ(frame.what, websocket_kind::close);
    return frame.data.size() < 2 ? std::uint16_t{0}
                                 : static_cast<std::uint16_t>(static_cast<std::uint8_t>(frame.data[0]) << 8U |
                                                              static_cast<std::uint8_t>(frame.data[1]));
  }

  std::optional<open_door> door;
};

TEST_F(a_websocket, carries_messages_of_every_size_both_ways) {
  open_echo();
  auto client = connected();
  for (std::size_t const size : {0UL, 1UL, 200UL, 70'000UL, message_size_max}) {
    auto const data = std::string(size, 'x');
    ASSERT_TRUE(client.send(client_frame(websocket_kind::binary, data)));
    auto const got = client.read_frame();
    EXPECT_EQ(got.what, websocket_kind::binary);
    EXPECT_EQ(got.data, data);
  }
  ASSERT_TRUE(client.send(client_frame(websocket_kind::text, "gr", {.last = false}) +
                          client_frame(websocket_kind::ping, "?") +
                          client_frame(websocket_kind::more, "\xc3\xbc\xc3\x9f")));
  auto const first = client.read_frame();
  EXPECT_EQ(first.what, websocket_kind::pong);
  EXPECT_EQ(first.data, "?");
  EXPECT_EQ(client.read_frame().data, "gr\xc3\xbc\xc3\x9f");
}

TEST_F(a_websocket, takes_what_comes_right_behind_the_request) {
  open_echo();
  auto client = door->by_tcp();
  ASSERT_TRUE(
      client.send(door->upgrade("/api/v1/agents/connect") + client_frame(websocket_kind::text, "early")));
  EXPECT_EQ(client.read_answer().status, 101);
  EXPECT_EQ(client.read_frame().data, "early");
}

TEST_F(a_websocket, closes_in_good_order_when_the_client_does) {
  open_echo();
  auto client = connected();
  ASSERT_TRUE(client.send(client_frame(websocket_kind::close, std::string("\x0f\xa0") + "bye")));
  EXPECT_EQ(code_of(client.read_frame()), 4000);
  EXPECT_TRUE(client.ends());
}

TEST_F(a_websocket, closes_in_good_order_when_the_conversation_ends) {
  open([] {
    return conversation([](peer_socket* with) -> task<void> {
      with->push(shared_message("last"));
      with->close(close_code::policy, "enough");
      co_return;
    });
  });
  auto client = connected();
  EXPECT_EQ(client.read_frame().data, "last");
  auto const said = client.read_frame();
  EXPECT_EQ(code_of(said), 1008);
  EXPECT_EQ(said.data.substr(2), "enough");
  // What is still on its way does no harm.
  ASSERT_TRUE(client.send(client_frame(websocket_kind::text, "late") +
                          client_frame(websocket_kind::close, "\x03\xf0")));
  EXPECT_TRUE(client.ends());
}

TEST_F(a_websocket, says_what_was_wrong_with_a_frame) {
  open_echo();
  struct {
    std::string bytes;
    std::uint16_t code;
  } const cases[] = {{client_frame(websocket_kind::text, "\xff"), 1007},
                     {client_frame(websocket_kind::text, "x", {.masked = false}), 1002},
                     {client_frame(websocket_kind::text, "x", {.reserved = 0x40}), 1002},
                     {client_frame(websocket_kind::binary, std::string(message_size_max + 1, 'x')), 1009}};
  for (auto const& [bytes, code] : cases) {
    auto client = connected();
    client.send(bytes);
    EXPECT_EQ(code_of(client.read_frame()), code);
    EXPECT_TRUE(client.ends());
  }
}

TEST_F(a_websocket, answers_a_flood_of_pings_without_a_queue_of_pongs) {
  open_echo();
  auto client = connected();
  std::string flood;
  for (int i = 0; i < 20'000; ++i) flood += client_frame(websocket_kind::ping, "x");
  ASSERT_TRUE(client.send(flood + client_frame(websocket_kind::text, "after")));
  int pongs = 0;
  for (;;) {
    auto const got = client.read_frame();
    if (got.what == websocket_kind::text) break;
    ++pongs;
  }
  EXPECT_GE(pongs, 1);
  EXPECT_LT(pongs, 20'000);
}

TEST_F(a_websocket, pings_who_says_nothing_and_ends_who_does_not_answer) {
  limits numbers;
  numbers.sweep = 5ms;
  numbers.ping = 20ms;
  numbers.silence = 100ms;
  open_echo(numbers);
  auto client = connected();
  EXPECT_EQ(client.read_frame().what, websocket_kind::ping);
  client.read_to_end();
  door->until_nobody_is_there();
}

TEST_F(a_websocket, keeps_who_answers_pings) {
  limits numbers;
  numbers.sweep = 5ms;
  numbers.ping = 20ms;
  open_echo(numbers);
  auto client = connected();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.read_frame().what, websocket_kind::ping);
    ASSERT_TRUE(client.send(client_frame(websocket_kind::pong, {})));
  }
  ASSERT_TRUE(client.send(client_frame(websocket_kind::text, "still here")));
  for (;;)
    if (auto const got = client.read_frame(); got.what == websocket_kind::text) break;
}

TEST_F(a_websocket, ends_who_does_not_answer_a_close) {
  limits numbers;
  numbers.sweep = 5ms;
  numbers.close = 20ms;
  open([] { return conversation([](peer_socket*) -> task<void> { co_return; }); }, numbers);
  auto client = connected();
  EXPECT_EQ(code_of(client.read_frame()), 1000);
  EXPECT_TRUE(client.ends());
}

TEST_F(a_websocket, ends_who_takes_nothing) {
  limits numbers;
  numbers.sweep = 5ms;
  numbers.write = 50ms;
  open(
      [] {
        return conversation([](peer_socket* with) -> task<void> {
          for (;;) {
            message large{.kind = message_kind::binary, .data = std::string(100'000, 'x')};
            auto const sent = co_await with->send(std::move(large));
            if (!sent) co_return;
          }
        });
      },
      numbers);
  auto client = connected();
  // Nothing is read until it was ended, so that more than the kernel holds waits for us.
  door->until_nobody_is_there();
}

TEST_F(a_websocket, is_closed_when_the_door_is) {
  open_echo();
  auto client = connected();
  auto closing = std::async(std::launch::async, [&] { door->shut(1h); });
  EXPECT_EQ(code_of(client.read_frame()), 1001);
  ASSERT_TRUE(client.send(client_frame(websocket_kind::close, "\x03\xe9")));
  EXPECT_TRUE(client.ends());
  closing.get();
}

TEST_F(a_websocket, is_refused_before_the_upgrade) {
  open_echo();
  auto const refused = [&](std::string const& request) {
    auto client = door->by_tcp();
    client.send(request);
    return client.read_answer().status;
  };
  EXPECT_EQ(refused(door->request("GET /api/v1/agents/connect")), 400);
  EXPECT_EQ(refused(door->request("GET /api/v1/agents/connect",
                                  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\n"
                                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")),
            400);
  EXPECT_EQ(refused(door->request("GET /api/v1/agents/connect",
                                  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                                  "Sec-WebSocket-Key: short\r\n")),
            400);
  EXPECT_EQ(refused(door->upgrade("/api/v1/agents/connect", "Origin: http://evil.example\r\n")), 403);
  EXPECT_EQ(refused(door->upgrade("/api/v1/agents/connect?no=1")), 400);
  EXPECT_EQ(door->counts().open_websockets, 0U);
}

TEST_F(a_websocket, takes_a_token_as_a_subprotocol_and_says_which_it_speaks) {
  open_echo();
  auto client = door->by_tcp();
  client.send("GET /api/v1/agents/connect HTTP/1.1\r\nHost: localhost:" + std::to_string(door->port) +
              "\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n"
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
              "Sec-WebSocket-Protocol: ostler.v1, ostler.token." +
              door->admin + "\r\n\r\n");
  auto const got = client.read_answer();
  EXPECT_EQ(got.status, 101);
  EXPECT_EQ(got.field("Sec-WebSocket-Protocol"), "ostler.v1");
}

}  // namespace
}  // namespace ostler::control::websocket

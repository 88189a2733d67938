#include "agents/websocket_socket.hpp"

#include <deque>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <vector>

#include "async/deadline.hpp"
#include "async/mailbox.hpp"
#include "async/test/loop.hpp"
#include "wire/websocket_frame.hpp"
#include "wire/websocket_handshake.hpp"

namespace ostler::agents {
namespace {

using testing::HasSubstr;
using wire::websocket_kind;

// An agent server at the other end of a stream, played by the test. shared_ptr, because either may go first.
struct played_server {
  explicit played_server(async::home const& where)
      : to_us(where, 1000, async::when_full::refuse), changed(where) {}

  // The answer to the question for an upgrade, with the accept that belongs to its key.
  std::string upgrade() const {
    auto const at = said.find("Sec-WebSocket-Key: ") + 19;
    auto const key = said.substr(at, said.find("\r\n", at) - at);
    return "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nconnection: upgrade\r\n"
           "SEC-WEBSOCKET-ACCEPT:  " +
           wire::websocket_accept(key) + " \r\n\r\n";
  }
  static std::string frame(websocket_kind kind, std::string_view payload) {
    std::string out;
    wire::write_websocket(out, kind, payload, std::nullopt);
    return out;
  }
  // What came behind the question, as messages.
  std::vector<std::pair<websocket_kind, std::string>> messages() const {
    wire::websocket_reader reader(wire::websocket_role::client);
    std::vector<wire::websocket_heard> heard;
    auto const offence =
        reader.read(as_bytes(std::string_view(said).substr(said.find("\r\n\r\n") + 4)), heard);
    EXPECT_FALSE(offence.has_value()) << offence->why;
    std::vector<std::pair<websocket_kind, std::string>> out;
    for (auto& each : heard) {
      // As it came: a close with its code.
      auto const code = static_cast<wire::websocket_close>(each.code);
      out.emplace_back(each.kind, each.kind == websocket_kind::close
                                      ? wire::websocket_close_payload(code, each.data)
                                      : std::move(each.data));
    }
    return out;
  }

  async::mailbox<std::string> to_us;
  std::string said;
  async::bell changed;
  // It takes nothing more.
  bool is_deaf = false;
  bool ended = false;
  bool gone = false;
};

class played_stream final : public byte_stream {
 public:
  explicit played_stream(std::shared_ptr<played_server> with) : with_(std::move(with)) {}
  ~played_stream() override {
    with_->gone = true;
    with_->changed.ring();
  }
  async::task<result<std::optional<std::string>>> read() override {
    auto taking = with_->to_us.take();
    co_return co_await std::move(taking);
  }
  async::task<result<void>> write(std::string_view bytes) override {
    while (with_->is_deaf) co_await with_->changed.heard();
    with_->said += bytes;
    with_->changed.ring();
    co_return result<void>{};
  }
  void end() override {
    with_->ended = true;
    with_->changed.ring();
  }
  void give_up() override { with_->to_us.close(); }

 private:
  std::shared_ptr<played_server> with_;
};

struct a_websocket_of_ours : testing::Test {
  websocket_needs needs() {
    return {.where = loop.where(), .tasks = &tasks, .luck = [this] { return ++luck; }};
  }
  using opened = result<std::unique_ptr<text_socket>>;
  static async::task<void> keep(async::task<opened> asking, std::optional<opened>* into,
                                played_server* with) {
    into->emplace(co_await std::move(asking));
    with->changed.ring();
  }
  // The server answers the question with this; `{}` stands for the right answer.
  static async::task<opened> open(a_websocket_of_ours* test, std::string answer) {
    auto with = test->server;
    with->said.clear();
    auto asking = open_websocket(test->needs(), std::make_unique<played_stream>(with),
                                 {.host = "127.0.0.1:80", .path = "/agent"});
    std::optional<opened> out;
    auto const begun = test->tasks.spawn("asking", [&] { return keep(std::move(asking), &out, with.get()); });
    EXPECT_TRUE(begun);
    while (with->said.find("\r\n\r\n") == std::string::npos) co_await with->changed.heard();
    auto const mark = answer.find("{}");
    if (mark != std::string::npos) answer.replace(mark, 2, with->upgrade());
    with->to_us.put(answer);
    while (!out) co_await with->changed.heard();
    co_return std::move(*out);
  }
  // Until the server has heard so many messages.
  static async::task<void> hear(played_server* with, std::size_t count) {
    while (with->messages().size() < count) co_await with->changed.heard();
  }
  static async::task<void> until_gone(played_server* with) {
    while (!with->gone) co_await with->changed.heard();
  }

  async::test::loop loop;
  std::uint64_t luck = 0;
  std::shared_ptr<played_server> server = std::make_shared<played_server>(loop.where());
  async::scope tasks{loop.where(), [](std::string_view name, std::exception_ptr const&) {
                       ADD_FAILURE() << name << " failed";
                     }};
};

TEST_F(a_websocket_of_ours, asks_for_the_upgrade_and_carries_texts_both_ways) {
  loop.run([](a_websocket_of_ours* all) -> async::task<void> {
    // What the server says at once comes with its answer.
    auto asked = open(all, "{}" + played_server::frame(websocket_kind::text, R"({"type":"registered"})"));
    auto socket = co_await std::move(asked);
    EXPECT_TRUE(socket) << socket.error().message;
    if (!socket) co_return;
    EXPECT_THAT(all->server->said, testing::StartsWith("GET /agent HTTP/1.1\r\nHost: 127.0.0.1:80\r\n"));
    auto receiving = (*socket)->receive();
    auto const first = co_await std::move(receiving);
    EXPECT_EQ(first.value().value_or(""), R"({"type":"registered"})");
    EXPECT_TRUE((*socket)->send("work"));
    all->server->to_us.put(played_server::frame(websocket_kind::ping, "are you there"));
    all->server->to_us.put(played_server::frame(websocket_kind::text, "done"));
    auto next = (*socket)->receive();
    auto const second = co_await std::move(next);
    EXPECT_EQ(second.value().value_or(""), "done");
    auto hearing = hear(all->server.get(), 2);
    co_await std::move(hearing);
    auto const heard = all->server->messages();
    EXPECT_EQ(heard[0], (std::pair(websocket_kind::text, std::string("work"))));
    EXPECT_EQ(heard[1], (std::pair(websocket_kind::pong, std::string("are you there"))));
    all->server->to_us.put(played_server::frame(
        websocket_kind::close, wire::websocket_close_payload(wire::websocket_close::normal, {})));
    auto last = (*socket)->receive();
    auto const end = co_await std::move(last);
    EXPECT_TRUE(end && !*end);
    socket->reset();
    all->server->to_us.close();
    auto going = until_gone(all->server.get());
    co_await std::move(going);
    EXPECT_TRUE(all->server->ended);
    auto closing = all->tasks.close(1s);
    co_await std::move(closing);
  }(this));
}

TEST_F(a_websocket_of_ours, is_refused_by_what_does_not_speak_it) {
  loop.run([](a_websocket_of_ours* all) -> async::task<void> {
    for (std::string const answer :
         {"HTTP/1.1 404 Not Found\r\n\r\n", "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\n\r\n",
          "nonsense\r\n\r\n", "HTTP/1.1 101 Yes\r\n\r\n"}) {
      auto asked = open(all, answer);
      auto const socket = co_await std::move(asked);
      EXPECT_FALSE(socket) << answer;
      if (!socket) EXPECT_EQ(socket.error().code, error_code::link_failed);
    }
    auto closing = all->tasks.close(1s);
    co_await std::move(closing);
  }(this));
}

TEST_F(a_websocket_of_ours, says_why_the_other_side_closed_and_refuses_what_is_no_text) {
  for (auto const& [bytes, reason] :
       {std::pair(played_server::frame(websocket_kind::close, wire::websocket_close_payload(
                                                                  wire::websocket_close::policy, "no room")),
                  "closed the connection: no room"),
        std::pair(played_server::frame(websocket_kind::binary, "x"), "bytes instead of a text"),
        std::pair(std::string("\xff\xff\xff\xff"), "")}) {
    server = std::make_shared<played_server>(loop.where());
    loop.run([](a_websocket_of_ours* all, std::string said, std::string why) -> async::task<void> {
      auto asked = open(all, "{}");
      auto socket = co_await std::move(asked);
      EXPECT_TRUE(socket);
      if (!socket) co_return;
      all->server->to_us.put(said);
      auto receiving = (*socket)->receive();
      auto const got = co_await std::move(receiving);
      EXPECT_FALSE(got);
      if (!got) EXPECT_THAT(got.error().message, HasSubstr(why));
      auto hearing = hear(all->server.get(), 1);
      co_await std::move(hearing);
      EXPECT_EQ(all->server->messages().back().first, websocket_kind::close);
      all->server->to_us.close();
      socket->reset();
      auto going = until_gone(all->server.get());
      co_await std::move(going);
    }(this, bytes, reason));
  }
  loop.run(tasks.close(1s));
}

TEST_F(a_websocket_of_ours, takes_no_more_than_fits_for_a_server_that_reads_nothing) {
  loop.run([](a_websocket_of_ours* all) -> async::task<void> {
    auto asked = open(all, "{}");
    auto socket = co_await std::move(asked);
    EXPECT_TRUE(socket);
    if (!socket) co_return;
    all->server->is_deaf = true;
    std::string const piece(100'000, 'x');
    int taken = 0;
    while (taken < 100 && (*socket)->send(piece)) ++taken;
    EXPECT_GT(taken, 5);
    EXPECT_LT(taken, 30);
    socket->reset();
    auto closing = all->tasks.close(10ms);
    co_await std::move(closing);
    EXPECT_TRUE(all->server->gone);
  }(this));
}

// Whoever waits for a word when the connection is closed by us must not wait for ever.
TEST_F(a_websocket_of_ours, that_we_close_ends_also_when_the_other_side_says_nothing) {
  loop.run([](a_websocket_of_ours* all) -> async::task<void> {
    auto asked = open(all, "{}");
    auto socket = co_await std::move(asked);
    EXPECT_TRUE(socket);
    if (!socket) co_return;
    (*socket)->close(parting::stopped, "it was stopped");
    EXPECT_FALSE((*socket)->send("after it"));
    auto receiving = (*socket)->receive();
    auto const got = co_await std::move(receiving);
    EXPECT_TRUE(!got || !*got);
    socket->reset();
    auto closing = all->tasks.close(1s);
    co_await std::move(closing);
    EXPECT_THAT(all->server->messages().front().second, HasSubstr("it was stopped"));
  }(this));
}

}  // namespace
}  // namespace ostler::agents

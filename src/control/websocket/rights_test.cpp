// What was opened with a token ends with the right that the token gave.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <optional>

#include "control/test/echo.hpp"
#include "control/test/open_door.hpp"
#include "wire/test/client_frames.hpp"

namespace ostler::control {
namespace {

using async::task;
using test::echo;
using test::open_door;
using test::raw_client;
using testing::HasSubstr;
using wire::websocket_kind;
using wire::test::client_frame;

task<result<conversation>> talk() { co_return conversation(echo); }

// Says a word, and then nothing until its end.
class waiting_source : public byte_source {
 public:
  explicit waiting_source(async::home const& where) : never_(where) {}
  task<result<std::optional<std::string>>> next() override {
    if (!std::exchange(said_, true)) co_return std::optional<std::string>("first\n");
    co_await never_.heard();
    co_return std::nullopt;
  }

 private:
  async::bell never_;
  bool said_ = false;
};

instance_id number(std::uint64_t n) { return instance_id::make(wall_time(1s), n, n); }

task<result<byte_answer>> waiting_answer(async::home where) {
  co_return byte_answer{.media = {}, .size = std::nullopt, .source = std::make_unique<waiting_source>(where)};
}

class rights_of_what_is_open : public testing::Test {
 public:
  rights_of_what_is_open() {
    door.emplace([](bindings& into, async::home const& where) {
      into.bind<operations::events_subscribe>([](auto const&...) { return talk(); });
      into.bind<operations::files_read>([where](auto const&...) { return waiting_answer(where); });
      test::bind_all_falsely(into);
    });
    door->on_loop([this] {
      door->find = [this](std::string_view text) {
        auto const found = there.find(text);
        return found == there.end() ? std::nullopt : std::optional(found->second);
      };
      return true;
    });
  }

  std::string asked_with(std::string request, std::string const& token) const {
    request.replace(request.find(door->admin), door->admin.size(), token);
    return request;
  }
  raw_client connected(std::string const& token) {
    auto client = door->by_tcp();
    client.send(asked_with(door->upgrade("/api/v1/events"), token));
    EXPECT_EQ(client.read_answer().status, 101);
    expect_open(client);
    return client;
  }
  static void expect_open(raw_client& client) {
    ASSERT_TRUE(client.send(client_frame(websocket_kind::text, "there?")));
    EXPECT_EQ(client.read_frame().data, "there?");
  }
  static void expect_closed(raw_client& client, std::string_view why) {
    auto const got = client.read_frame();
    EXPECT_EQ(got.what, websocket_kind::close);
    EXPECT_EQ(got.data.substr(0, 2), "\x03\xf0");
    EXPECT_THAT(got.data.substr(2), HasSubstr(why));
    // What comes behind is for nobody.
    ASSERT_TRUE(client.send(client_frame(websocket_kind::text, "late") +
                            client_frame(websocket_kind::close, "\x03\xf0")));
    EXPECT_TRUE(client.ends());
  }
  void change_tokens(std::function<void(token_book&)> const& how) {
    door->on_loop([&] {
      auto book = door->door().tokens();
      how(book);
      door->door().use_tokens(std::move(book));
      return true;
    });
  }

  // On the thread of the loop.
  std::map<std::string, instance_id, std::less<>> there;
  std::optional<open_door> door;
};

TEST_F(rights_of_what_is_open, end_when_the_token_is_revoked_and_only_then) {
  auto reader = connected(door->reader);
  auto admin = connected(door->admin);
  auto own_user = door->by_unix();
  auto without = door->upgrade("/api/v1/events");
  auto const line = "Authorization: Bearer " + door->admin + "\r\n";
  own_user.send(without.erase(without.find(line), line.size()));
  EXPECT_EQ(own_user.read_answer().status, 101);
  change_tokens([](token_book& book) { EXPECT_TRUE(book.revoke("reader")); });
  expect_closed(reader, "revoked");
  expect_open(admin);
  expect_open(own_user);
  auto again = door->by_tcp();
  again.send(asked_with(door->upgrade("/api/v1/events"), door->reader));
  EXPECT_EQ(again.read_answer().status, 401);
}

TEST_F(rights_of_what_is_open, end_when_the_token_allows_something_else) {
  auto reader = connected(door->reader);
  change_tokens([](token_book& book) {
    auto kept = book.kept();
    for (auto& one : kept)
      if (one.name == "reader") one.scope = token_scope::admin;
    book = token_book(book.secret(), std::move(kept));
  });
  expect_closed(reader, "changed");
}

TEST_F(rights_of_what_is_open, end_with_the_instance_of_the_token) {
  auto const inside = door->on_loop([&] {
    there[number(1).text()] = number(1);
    there[number(2).text()] = number(2);
    return door->door().tokens().of_instance(number(1));
  });
  auto one = connected(inside);
  auto other = connected(door->on_loop([&] { return door->door().tokens().of_instance(number(2)); }));
  door->on_loop([&] {
    there.erase(number(1).text());
    door->door().instance_gone(number(1));
    return true;
  });
  expect_closed(one, "the instance of this token is gone");
  expect_open(other);
  // Nor is it good for what names no instance.
  auto again = door->by_tcp();
  again.send(asked_with(door->request("GET /api/v1/instances"), inside));
  EXPECT_EQ(again.read_answer().status, 401);
}

TEST_F(rights_of_what_is_open, end_an_answer_that_goes_on) {
  auto client = door->by_tcp();
  client.send(asked_with(door->request("GET /api/v1/instances/web/files/content?path=a"), door->reader));
  client.read_until("first\n\r\n");
  change_tokens([](token_book& book) { EXPECT_TRUE(book.revoke("reader")); });
  // Without the last chunk, so that a part does not look like the whole.
  EXPECT_TRUE(client.ends());
}

}  // namespace
}  // namespace ostler::control

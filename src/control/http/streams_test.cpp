#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "async/test/loop.hpp"
#include "control/test/open_door.hpp"

namespace ostler::control {
namespace {

using async::task;
using test::open_door;
using test::raw_client;
using testing::HasSubstr;

// Gives its pieces, then the end, an error, or nothing more for ever.
class pieces : public byte_source {
 public:
  enum class then : std::uint8_t { end, error, silence };
  pieces(std::vector<std::string> all, then last) : all_(std::move(all)), last_(last) {}
  task<result<std::optional<std::string>>> next() override {
    if (at_ < all_.size()) co_return all_[at_++];
    if (last_ == then::error) co_return fail(error_code::link_lost, "the keeper is gone");
    if (last_ == then::silence) co_await async::test::wait_for_ever();
    co_return std::nullopt;
  }

 private:
  std::vector<std::string> all_;
  std::size_t at_ = 0;
  then last_;
};

task<result<byte_answer>> give(std::optional<std::uint64_t> size, std::vector<std::string> all,
                               pieces::then last) {
  co_return byte_answer{.media = {}, .size = size, .source = std::make_unique<pieces>(std::move(all), last)};
}
task<result<std::unique_ptr<byte_source>>> give_lines(std::vector<std::string> all, pieces::then last) {
  co_return std::make_unique<pieces>(std::move(all), last);
}

open_door bytes_door(std::optional<std::uint64_t> size, std::vector<std::string> all, pieces::then last) {
  return open_door([=](bindings& into, async::home const&) {
    into.bind<operations::metrics>([=](auto const&...) { return give(size, all, last); });
    test::bind_all_falsely(into);
  });
}

TEST(an_answer_of_bytes, has_a_length_or_comes_in_chunks) {
  auto sized = bytes_door(6, {"abc", "def"}, pieces::then::end);
  auto client = sized.by_tcp();
  ASSERT_TRUE(client.send(sized.request("HEAD /metrics") + sized.request("GET /metrics")));
  auto const head = client.read_answer("HEAD");
  EXPECT_EQ(head.field("Content-Length"), "6");
  auto const got = client.read_answer();
  EXPECT_EQ(got.field("Content-Type"), "text/plain; version=0.0.4");
  EXPECT_EQ(got.body, "abcdef");

  auto open = bytes_door(std::nullopt, {"abc", "", "def"}, pieces::then::end);
  auto other = open.by_tcp();
  ASSERT_TRUE(other.send(open.request("GET /metrics") + open.request("GET /health")));
  auto const chunked = other.read_answer();
  EXPECT_EQ(chunked.field("Transfer-Encoding"), "chunked");
  EXPECT_EQ(chunked.body, "abcdef");
  EXPECT_EQ(other.read_answer().status, 200);
}

TEST(an_answer_of_bytes, ends_with_the_connection_for_who_knows_no_chunks) {
  auto door = bytes_door(std::nullopt, {"abc", "def"}, pieces::then::end);
  auto client = door.by_tcp();
  ASSERT_TRUE(client.send("GET /metrics HTTP/1.0\r\nHost: localhost:" + std::to_string(door.port) +
                          "\r\nConnection: keep-alive\r\nAuthorization: Bearer " + door.admin + "\r\n\r\n"));
  auto const got = client.read_answer();
  EXPECT_EQ(got.field("Transfer-Encoding"), "");
  EXPECT_EQ(got.body, "abcdef");
}

TEST(an_answer_of_bytes, that_fails_in_the_middle_is_not_taken_for_whole) {
  auto door = bytes_door(std::nullopt, {"abc"}, pieces::then::error);
  auto client = door.by_tcp();
  ASSERT_TRUE(client.send(door.request("GET /metrics")));
  EXPECT_FALSE(client.read_to_end().ends_with("0\r\n\r\n"));
  auto short_door = bytes_door(10, {"abc"}, pieces::then::end);
  auto other = short_door.by_tcp();
  ASSERT_TRUE(other.send(short_door.request("GET /metrics")));
  EXPECT_TRUE(other.read_to_end().ends_with("abc"));
}

TEST(lines, go_on_until_the_client_leaves) {
  open_door door([](bindings& into, async::home const&) {
    into.bind<operations::logs_read>(
        [](auto const&...) { return test::empty_answer<operations::log_page>(); },
        [](auto const&...) { return give_lines({"{}\n", "{}\n"}, pieces::then::silence); });
    test::bind_all_falsely(into);
  });
  auto client = door.by_tcp();
  ASSERT_TRUE(client.send(door.request("GET /api/v1/instances/web/logs?follow")));
  EXPECT_EQ(client.read_until("3\r\n{}\n\r\n3\r\n{}\n\r\n").find("HTTP/1.1 200"), 0U);
  client.close();
  door.until_nobody_is_there();
}

// What came, as its size.
task<result<operations::file_entry>> count(byte_source* body, int* times) {
  ++*times;
  std::uint64_t size = 0;
  for (;;) {
    auto piece = co_await body->next();
    if (!piece) co_return std::unexpected(std::move(piece.error()));
    if (!*piece) break;
    size += (*piece)->size();
  }
  co_return operations::file_entry{.size = size};
}

class uploads : public testing::Test {
 public:
  uploads()
      : door([this](bindings& into, async::home const&) {
          into.bind<operations::files_write>(
              [this](auto const&, byte_source* body, auto const&) { return count(body, &times); });
          test::bind_all_falsely(into);
        }) {}
  std::string request(std::string_view body, std::string_view more = {}) const {
    return door.request("PUT /api/v1/instances/web/files/content?path=x", more, body);
  }

  int times = 0;
  open_door door;
};

TEST_F(uploads, are_taken_piece_by_piece_however_large) {
  auto client = door.by_tcp();
  std::string const large(5'000'000, 'x');
  ASSERT_TRUE(client.send(request(large) + door.request("GET /health")));
  EXPECT_THAT(client.read_answer().body, HasSubstr("\"size\":5000000"));
  EXPECT_EQ(client.read_answer().status, 200);
}

TEST_F(uploads, with_a_key_are_done_once) {
  auto client = door.by_tcp();
  auto const key = "Idempotency-Key: k\r\n";
  ASSERT_TRUE(client.send(request("abc", key) + request("abc", key) + request("abd", key) +
                          door.request("GET /health")));
  auto const first = client.read_answer();
  EXPECT_THAT(first.body, HasSubstr("\"size\":3,"));
  EXPECT_EQ(client.read_answer().body, first.body);
  EXPECT_EQ(client.read_answer().status, 409);
  EXPECT_EQ(client.read_answer().status, 200);
  EXPECT_EQ(times, 1);
}

TEST_F(uploads, with_a_key_that_broke_off_are_begun_anew) {
  auto const whole = request(std::string(100'000, 'x'), "Idempotency-Key: k\r\n");
  {
    auto client = door.by_tcp();
    ASSERT_TRUE(client.send(std::string_view(whole).substr(0, 90'000)));
  }
  door.until_nobody_is_there();
  auto client = door.by_tcp();
  ASSERT_TRUE(client.send(whole));
  EXPECT_EQ(client.read_answer().status, 200);
}

// Counts its calls, and answers when it may.
class a_change : public testing::Test {
 public:
  a_change()
      : door([this](bindings& into, async::home const& where) {
          may_answer.emplace(where);
          into.bind<operations::exec_start>([this](auto const&, auto who) { return work(std::move(who)); });
          test::bind_all_falsely(into);
        }) {}
  // The bell lies on the loop of the door, so it goes first.
  ~a_change() override {
    door.shut();
    may_answer.reset();
  }
  task<result<operations::exec_output>> work(caller who) {
    auto const mine = ++times;
    if (mine == 1) begun.set_value();
    while (!go) co_await may_answer->heard();
    co_return operations::exec_output{.session = std::to_string(mine), .out = who.request_key};
  }
  void let_go() {
    door.on_loop([this] {
      go = true;
      may_answer->ring();
      return true;
    });
  }
  std::string request(std::string_view key, std::string_view body = R"({"command":["make"]})") const {
    return door.request("POST /api/v1/instances/web/exec",
                        key.empty() ? std::string() : "Idempotency-Key: " + std::string(key) + "\r\n", body);
  }

  int times = 0;
  bool go = false;
  std::promise<void> begun;
  std::optional<async::bell> may_answer;
  open_door door;
};

TEST_F(a_change, with_a_key_goes_on_when_its_client_leaves_and_is_answered_when_it_comes_back) {
  {
    auto client = door.by_tcp();
    ASSERT_TRUE(client.send(request("k")));
    begun.get_future().get();
  }
  door.until_nobody_is_there();
  auto client = door.by_tcp();
  ASSERT_TRUE(client.send(request("k")));
  let_go();
  auto const got = client.read_answer();
  EXPECT_THAT(got.body, HasSubstr(R"("session":"1","out":"k")"));
  ASSERT_TRUE(client.send(request("k")));
  EXPECT_EQ(client.read_answer().body, got.body);
  ASSERT_TRUE(client.send(request("k", R"({"command":["other"]})")));
  EXPECT_EQ(client.read_answer().status, 409);
  ASSERT_TRUE(client.send(request("l")));
  EXPECT_THAT(client.read_answer().body, HasSubstr(R"("session":"2")"));
}

TEST_F(a_change, without_a_key_is_done_each_time) {
  let_go();
  auto client = door.by_tcp();
  for (int i = 1; i <= 2; ++i) {
    ASSERT_TRUE(client.send(request({})));
    EXPECT_THAT(client.read_answer().body, HasSubstr("\"session\":\"" + std::to_string(i)));
  }
  ASSERT_TRUE(client.send(request("a b")));
  EXPECT_EQ(client.read_answer().status, 400);
}

TEST_F(a_change, under_way_is_ended_when_the_door_closes) {
  auto client = door.by_tcp();
  ASSERT_TRUE(client.send(request("k")));
  begun.get_future().get();
  door.shut();
  client.read_to_end();
  EXPECT_EQ(times, 1);
}

}  // namespace
}  // namespace ostler::control

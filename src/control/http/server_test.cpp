#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "async/cancelled.hpp"
#include "async/test/loop.hpp"
#include "control/test/open_door.hpp"

namespace ostler::control {
namespace {

using async::task;
using test::open_door;
using test::raw_client;
using testing::HasSubstr;

void bind_all(bindings& into, async::home const&) { test::bind_all_falsely(into); }

// Small enough that a test meets them at once, and nothing else does.
limits impatient() {
  limits out;
  out.sweep = 5ms;
  return out;
}

task<result<operations::exec_output>> echo(operations::exec_new request, caller who) {
  co_return operations::exec_output{
      .session = request.command.at(0), .out = who.actor, .err = who.request_key};
}

TEST(the_door, answers_json_by_tcp_and_by_the_unix_socket) {
  open_door door([](bindings& into, async::home const& where) {
    into.bind<operations::exec_start>(echo);
    bind_all(into, where);
  });
  auto tcp = door.by_tcp();
  ASSERT_TRUE(tcp.send(door.request("POST /api/v1/instances/web/exec", {}, R"({"command":["make"]})")));
  auto const got = tcp.read_answer();
  EXPECT_EQ(got.status, 200);
  EXPECT_THAT(got.body, HasSubstr(R"("session":"make","out":"user")"));
  EXPECT_EQ(got.field("Content-Type"), "application/json");
  EXPECT_EQ(got.field("Cache-Control"), "no-store");
  EXPECT_EQ(got.field("X-Content-Type-Options"), "nosniff");
  EXPECT_THAT(got.field("Content-Security-Policy"), HasSubstr("default-src 'none'"));
  auto local = door.by_unix();
  ASSERT_TRUE(local.send("GET /api/v1/version HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  EXPECT_EQ(local.read_answer().status, 200);
}

TEST(the_door, keeps_a_connection_and_answers_what_is_sent_at_once_in_its_order) {
  open_door door(bind_all);
  auto client = door.by_tcp();
  ASSERT_TRUE(client.send(door.request("GET /health") + door.request("GET /nothing") +
                          door.request("HEAD /health") +
                          door.request("GET /api/v1/status", "Connection: close\r\n")));
  EXPECT_EQ(client.read_answer().status, 200);
  EXPECT_EQ(client.read_answer().status, 404);
  EXPECT_EQ(client.read_answer("HEAD").status, 200);
  auto const last = client.read_answer();
  EXPECT_EQ(last.status, 200);
  EXPECT_EQ(last.field("Connection"), "close");
  EXPECT_TRUE(client.ends());
}

TEST(the_door, refuses_as_errors_are_told_everywhere) {
  open_door door(bind_all);
  auto client = door.by_tcp();
  ASSERT_TRUE(client.send(door.request("DELETE /health") + door.request("GET /api/v1/status?no=1")));
  auto const method = client.read_answer();
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(method.field("Allow"), "GET");
  EXPECT_THAT(method.body, HasSubstr(R"({"error":{"code":"P0114","name":"method_refused")"));
  EXPECT_EQ(client.read_answer().status, 400);
}

TEST(bodies, are_read_as_json_and_as_nothing_else) {
  open_door door(bind_all);
  auto const answer_to = [&](std::string const& head) {
    auto client = door.by_unix();
    client.send(door.request("POST /api/v1/prune", head, "{}"));
    return client.read_answer();
  };
  for (std::string const type :
       {"text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""}) {
    auto const got = answer_to("Content-Type: " + type + "\r\n");
    EXPECT_EQ(got.status, 415) << type;
    EXPECT_NE(got.body.find("media_refused"), got.body.npos) << got.body;
  }
  for (std::string const head : {"", "Content-Type: Application/JSON ; charset=utf-8\r\n"})
    EXPECT_NE(answer_to(head).status, 415) << head;
}

TEST(the_door, is_shut_for_who_has_no_token_and_for_pages_of_others) {
  open_door door(bind_all);
  auto const host = "Host: localhost:" + std::to_string(door.port) + "\r\n";
  auto client = door.by_tcp();
  ASSERT_TRUE(client.send("GET /api/v1/status HTTP/1.1\r\n" + host + "\r\n"));
  auto const stranger = client.read_answer();
  EXPECT_EQ(stranger.status, 401);
  EXPECT_EQ(stranger.field("WWW-Authenticate"), "Bearer");
  ASSERT_TRUE(client.send("GET /health HTTP/1.1\r\n" + host + "\r\n"));
  EXPECT_EQ(client.read_answer().status, 200);
  ASSERT_TRUE(client.send("GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n"));
  EXPECT_EQ(client.read_answer().status, 403);
  ASSERT_TRUE(client.send(door.request("GET /api/v1/status", "Origin: http://evil.example\r\n")));
  EXPECT_EQ(client.read_answer().status, 403);
  ASSERT_TRUE(client.send(door.request("POST /api/v1/prune", {}, "{}")));
  EXPECT_EQ(client.read_answer().status, 200);
  auto const counts = door.counts();
  EXPECT_EQ(counts.refused_pages, 2U);
  EXPECT_EQ(counts.refused_tokens, 1U);
  EXPECT_EQ(counts.answered.at({"prune", "ok"}), 1U);
  EXPECT_EQ(counts.answered.at({"health", "ok"}), 1U);
  EXPECT_EQ(counts.answered.at({"", facts(error_code::not_authorized).code}), 1U);
}

TEST(the_door, tells_whoever_expects_it_to_go_on_only_when_the_body_is_wanted) {
  open_door door([](bindings& into, async::home const& where) {
    into.bind<operations::exec_start>(echo);
    bind_all(into, where);
  });
  std::string const body = R"({"command":["make"]})";
  auto const head = "Expect: 100-continue\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  auto client = door.by_tcp();
  ASSERT_TRUE(client.send(door.request("POST /api/v1/instances/web/exec", head)));
  EXPECT_EQ(client.read_answer().status, 100);
  ASSERT_TRUE(client.send(body));
  EXPECT_EQ(client.read_answer().status, 200);
  ASSERT_TRUE(client.send(door.request("POST /api/v1/nothing", head)));
  EXPECT_EQ(client.read_answer().status, 404);
}

TEST(the_door, takes_a_body_in_chunks) {
  open_door door([](bindings& into, async::home const& where) {
    into.bind<operations::exec_start>(echo);
    bind_all(into, where);
  });
  auto client = door.by_tcp();
  ASSERT_TRUE(client.send(door.request("POST /api/v1/instances/web/exec", "Transfer-Encoding: chunked\r\n")));
  for (char const c : std::string_view(R"({"command":["make"]})"))
    ASSERT_TRUE(client.send("1\r\n" + std::string(1, c) + "\r\n"));
  ASSERT_TRUE(client.send("0\r\n\r\n" + door.request("GET /health")));
  EXPECT_THAT(client.read_answer().body, HasSubstr("make"));
  EXPECT_EQ(client.read_answer().status, 200);
}

TEST(the_door, bounds_heads_and_bodies) {
  open_door door(bind_all);
  auto large_head = door.by_tcp();
  large_head.send(door.request("GET /health", "X: " + std::string(9000, 'x') + "\r\n"));
  EXPECT_EQ(large_head.read_answer().status, 413);
  EXPECT_TRUE(large_head.ends());
  auto large_body = door.by_tcp();
  large_body.send(door.request("POST /api/v1/prune", "Content-Length: 2000000\r\n"));
  EXPECT_EQ(large_body.read_answer().status, 413);
  auto chunked = door.by_tcp();
  chunked.send(door.request("POST /api/v1/prune", "Transfer-Encoding: chunked\r\n") + "180000\r\n" +
               std::string(0x180000, 'x') + "\r\n0\r\n\r\n");
  EXPECT_EQ(chunked.read_answer().status, 413);
  auto unwanted = door.by_tcp();
  unwanted.send(door.request("GET /api/v1/status", {}, "{}"));
  EXPECT_EQ(unwanted.read_answer().status, 400);
}

TEST(the_door, refuses_what_can_be_read_in_two_ways) {
  open_door door(bind_all);
  for (std::string const more :
       {"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 1\r\nContent-Length: 2\r\n",
        "Content-Length: x\r\n", "No colon\r\n", " : x\r\n"}) {
    auto client = door.by_tcp();
    client.send(door.request("POST /api/v1/prune", more) + "x");
    EXPECT_EQ(client.read_answer().status, 400) << more;
    EXPECT_TRUE(client.ends());
  }
  for (std::string_view const garbage :
       {"\r\n\r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01\x02\x00\x01\r\n\r\n", "GET /health HTTP/2.0\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}) {
    auto client = door.by_tcp();
    client.send(garbage);
    client.close_writing();
    auto const said = client.read_to_end();
    EXPECT_TRUE(said.empty() || said.starts_with("HTTP/1.1 400")) << said;
  }
}

TEST(the_door, ends_who_sends_too_slowly) {
  auto numbers = impatient();
  numbers.head = 30ms;
  numbers.body = 30ms;
  numbers.body_rate = 1UL << 30U;
  open_door door(bind_all, numbers);
  auto head = door.by_tcp();
  ASSERT_TRUE(head.send("GET /hea"));
  EXPECT_TRUE(head.ends());
  auto body = door.by_tcp();
  ASSERT_TRUE(body.send(door.request("POST /api/v1/prune", "Content-Length: 10\r\n") + "{"));
  body.read_to_end();
}

TEST(the_door, ends_who_says_nothing) {
  auto numbers = impatient();
  numbers.idle = 30ms;
  open_door door(bind_all, numbers);
  auto fresh = door.by_tcp();
  EXPECT_TRUE(fresh.ends());
  auto used = door.by_tcp();
  ASSERT_TRUE(used.send(door.request("GET /health")));
  EXPECT_EQ(used.read_answer().status, 200);
  EXPECT_TRUE(used.ends());
}

TEST(the_door, keeps_places_for_our_own_user_when_the_other_door_is_full) {
  limits numbers;
  numbers.tcp_connections = 2;
  open_door door(bind_all, numbers);
  std::vector<raw_client> held;
  for (int i = 0; i < 2; ++i) {
    held.push_back(door.by_tcp());
    ASSERT_TRUE(held.back().send(door.request("GET /health")));
    EXPECT_EQ(held.back().read_answer().status, 200);
  }
  auto refused = door.by_tcp();
  EXPECT_EQ(refused.read_answer().status, 503);
  auto local = door.by_unix();
  ASSERT_TRUE(local.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  EXPECT_EQ(local.read_answer().status, 200);
}

TEST(the_door, slows_down_who_asks_too_often) {
  limits numbers;
  numbers.rate = 0.001;
  numbers.burst = 2;
  open_door door(bind_all, numbers);
  auto client = door.by_tcp();
  std::vector<int> seen;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.send(door.request("GET /api/v1/status")));
    seen.push_back(client.read_answer().status);
  }
  EXPECT_EQ(seen, (std::vector<int>{200, 200, 429}));
}

task<result<operations::version_told>> make_a_mistake() {
  throw std::runtime_error("a mistake");
  co_return operations::version_told{};
}

TEST(the_door, tells_of_a_mistake_of_ours_and_goes_on) {
  open_door door([](bindings& into, async::home const& where) {
    into.bind<operations::version>([](auto const&...) { return make_a_mistake(); });
    bind_all(into, where);
  });
  auto client = door.by_tcp();
  ASSERT_TRUE(client.send(door.request("GET /api/v1/version") + door.request("GET /health")));
  EXPECT_EQ(client.read_answer().status, 500);
  EXPECT_EQ(client.read_answer().status, 200);
  door.shut();
  EXPECT_EQ(door.mistakes, std::vector<std::string>{"/api/v1/version"});
}

// Says when it was cancelled.
task<result<operations::version_told>> wait_in_vain(std::promise<void>* begun,
                                                    std::promise<void>* cancelled) {
  begun->set_value();
  std::exception_ptr why;
  try {
    co_await async::test::wait_for_ever();
  } catch (...) {
    why = std::current_exception();
  }
  cancelled->set_value();
  std::rethrow_exception(why);
}

TEST(the_door, cancels_what_is_done_for_a_client_that_has_left) {
  std::promise<void> begun;
  std::promise<void> cancelled;
  open_door door([&](bindings& into, async::home const& where) {
    into.bind<operations::version>([&](auto const&...) { return wait_in_vain(&begun, &cancelled); });
    bind_all(into, where);
  });
  auto client = door.by_tcp();
  ASSERT_TRUE(client.send(door.request("GET /api/v1/version")));
  begun.get_future().get();
  client.close();
  EXPECT_EQ(cancelled.get_future().wait_for(std::chrono::seconds(60)), std::future_status::ready);
}

TEST(the_door, lets_go_of_all_when_it_closes) {
  std::promise<void> begun;
  std::promise<void> cancelled;
  open_door door([&](bindings& into, async::home const& where) {
    into.bind<operations::version>([&](auto const&...) { return wait_in_vain(&begun, &cancelled); });
    bind_all(into, where);
  });
  auto idle = door.by_tcp();
  ASSERT_TRUE(idle.send(door.request("GET /health")));
  EXPECT_EQ(idle.read_answer().status, 200);
  auto busy = door.by_tcp();
  ASSERT_TRUE(busy.send(door.request("GET /api/v1/version")));
  begun.get_future().get();
  door.shut();
  EXPECT_TRUE(idle.ends());
  busy.read_to_end();
  EXPECT_THROW(door.by_tcp(), std::runtime_error);
  EXPECT_FALSE(std::filesystem::exists(door.path()));
}

}  // namespace
}  // namespace ostler::control

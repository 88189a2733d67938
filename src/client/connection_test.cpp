#include "client/connection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "client/test/false_daemon.hpp"
#include "operations/all.hpp"

namespace ostler::client {
namespace {

using namespace std::string_view_literals;
using test::false_daemon;
using test::peer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(a_call, asks_and_reads_the_answer) {
  std::string asked;
  {
    false_daemon const daemon({[&](peer& client) {
      asked = client.request();
      client.answer(200, R"({"healthy":false,"message":"on its way down","seq":7})");
    }});
    auto const health = connection(daemon.address()).call<operations::health>({});
    ASSERT_TRUE(health) << health.error().message;
    EXPECT_FALSE(health->healthy);
    EXPECT_EQ(health->seq, 7U);
  }
  EXPECT_THAT(asked, StartsWith("GET /health HTTP/1.1\r\nHost: localhost\r\n"));
  EXPECT_THAT(asked, HasSubstr("\r\nAuthorization: Bearer secret\r\n"));
  EXPECT_THAT(asked, Not(HasSubstr("Idempotency-Key")));
}

TEST(a_call, sends_what_is_asked_for_with_its_key) {
  std::string asked;
  {
    false_daemon const daemon({[&](peer& client) {
      asked = client.request();
      client.answer(200, R"({"session":"s1"})");
    }});
    operations::exec_new const command{.instance = "web", .command = {"ls", "-l"}};
    auto const output = connection(daemon.address()).call<operations::exec_start>(command, {.key = "k1"});
    ASSERT_TRUE(output) << output.error().message;
    EXPECT_EQ(output->session, "s1");
  }
  EXPECT_THAT(asked, StartsWith("POST /api/v1/instances/web/exec HTTP/1.1\r\n"));
  EXPECT_THAT(asked, HasSubstr("\r\nIdempotency-Key: k1\r\n"));
  EXPECT_THAT(asked, HasSubstr(R"("command":["ls","-l"])"));
}

TEST(a_call, that_is_refused_comes_back_as_it_was_told) {
  false_daemon const daemon({[](peer& client) {
    client.request();
    client.answer(404,
                  R"({"error":{"code":"P0110","message":"there is no instance web","hints":["ostler ls"]}})");
  }});
  auto const refused = connection(daemon.address()).call<operations::instances_get>({.instance = "web"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::instance_unknown);
  EXPECT_EQ(refused.error().message, "there is no instance web");
  EXPECT_THAT(refused.error().hints, ElementsAre("ostler ls"));
}

TEST(a_call, to_nobody_says_that_nothing_was_done) {
  whereabouts::daemon_address const nobody{
      .socket = "/nonexistent/s", .host = {}, .token = {}, .is_own = true};
  auto const refused = connection(nobody).call<operations::health>({});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::daemon_unreachable);
  EXPECT_THAT(refused.error().message, HasSubstr("/nonexistent/s"));
  EXPECT_THAT(refused.error().hints, Not(testing::IsEmpty()));
}

// What is said when the connection ends after each of these beginnings of an answer.
result<operations::exec_output> lost_after(std::string_view beginning, std::string const& key) {
  false_daemon const daemon({[&](peer& client) {
    client.request();
    client.send(beginning);
  }});
  return connection(daemon.address())
      .call<operations::exec_start>({.instance = "web", .command = {"ls"}}, {.key = key});
}

TEST(an_answer, that_is_torn_is_never_taken_for_a_whole_one) {
  for (auto const beginning :
       {""sv, "HTT"sv, "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n"sv,
        "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"session\":\"s\"}"sv,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n{\"session\":\"s\"}\r\n"sv,
        "HTTP/1.1 404 No\r\nContent-Length: 20\r\n\r\n{"sv}) {
    auto const lost = lost_after(beginning, "");
    ASSERT_FALSE(lost) << beginning;
    EXPECT_EQ(lost.error().code, error_code::answer_lost) << beginning;
    EXPECT_THAT(lost.error().message, HasSubstr("may do it twice"));
    EXPECT_THAT(lost_after(beginning, "k").error().message, HasSubstr("same key does no harm"));
  }
}

TEST(an_answer, that_does_not_come_ends_with_the_limit) {
  false_daemon const daemon({[](peer& client) {
    client.request();
    client.send("HTTP/1.1 200 OK\r\n");
    client.await_end();
  }});
  auto const late = connection(daemon.address()).call<operations::health>({}, {.key = {}, .limit = 30ms});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, error_code::timed_out);
  EXPECT_THAT(late.error().message, HasSubstr("within 30ms"));
}

TEST(a_call, ends_when_it_is_stopped) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  system::fd const read_end(ends[0]);
  system::fd write_end(ends[1]);
  false_daemon const daemon({[&](peer& client) {
    client.request();
    write_end.reset();
    client.await_end();
  }});
  auto const stopped =
      connection(daemon.address())
          .call<operations::health>({}, {.key = {}, .limit = 0ms, .stop_fd = read_end.get()});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, error_code::cancelled);
}

TEST(what_answers, may_be_no_daemon_of_ours) {
  for (auto const bytes :
       {"SSH-2.0-OpenSSH\r\n"sv, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\nhtml"sv,
        "HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n"sv}) {
    false_daemon const daemon({[&](peer& client) {
      client.request();
      client.send(bytes);
    }});
    auto const refused = connection(daemon.address()).call<operations::health>({});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, error_code::message_malformed) << bytes;
  }
}

constexpr auto healthy = R"({"healthy":true})";

TEST(a_connection, is_used_again) {
  false_daemon const daemon({[](peer& client) {
    for (int i = 0; i < 3; ++i) {
      client.request();
      client.answer(200, healthy);
    }
  }});
  connection caller(daemon.address());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(caller.call<operations::health>({}));
}

TEST(a_connection, that_was_closed_meanwhile_is_dialled_anew) {
  false_daemon const daemon({[](peer& client) {
                               client.request();
                               client.answer(200, healthy);
                             },
                             [](peer& client) {
                               client.request();
                               client.answer(200, healthy);
                             }});
  connection caller(daemon.address());
  EXPECT_TRUE(caller.call<operations::health>({}));
  EXPECT_TRUE(caller.call<operations::health>({}));
}

TEST(a_connection, that_ends_under_a_request_is_dialled_anew_only_where_twice_is_once) {
  auto const answer_and_go = [](peer& client) {
    client.request();
    client.answer(200, healthy);
    client.request();
  };
  auto const answer = [](peer& client) {
    client.request();
    client.answer(200, R"({"session":"s"})");
  };
  operations::exec_new const command{.instance = "web", .command = {"ls"}};
  {
    false_daemon const daemon({answer_and_go, answer});
    connection caller(daemon.address());
    EXPECT_TRUE(caller.call<operations::health>({}));
    EXPECT_TRUE(caller.call<operations::exec_start>(command, {.key = "k"}));
  }
  false_daemon const daemon({answer_and_go});
  connection caller(daemon.address());
  EXPECT_TRUE(caller.call<operations::health>({}));
  auto const lost = caller.call<operations::exec_start>(command);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, error_code::answer_lost);
}

TEST(lines, come_one_by_one_until_they_end) {
  false_daemon const daemon({[](peer& client) {
    client.request();
    client.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send("14\r\n{\"text\":\"a\"}\n{\"text\"\r\n");
    client.send("6\r\n:\"b\"}\n\r\n0\r\n\r\n");
  }});
  std::vector<std::string> heard;
  auto const done = connection(daemon.address())
                        .call_lines<operations::logs_read>({.instance = "web", .follow = true},
                                                           [&](operations::log_line const& line) {
                                                             heard.push_back(line.text);
                                                             return flow::go_on;
                                                           });
  EXPECT_TRUE(done) << done.error().message;
  EXPECT_THAT(heard, ElementsAre("a", "b"));
}

TEST(lines, end_where_the_taker_stops_or_the_daemon_says_why) {
  auto const follow = [](std::string_view lines, flow wanted) {
    false_daemon const daemon({[&](peer& client) {
      client.request();
      client.answer(200, lines);
    }});
    int count = 0;
    auto done = connection(daemon.address())
                    .call_line_texts<operations::logs_read>({.instance = "web", .follow = true},
                                                            [&](std::string_view) {
                                                              ++count;
                                                              return wanted;
                                                            });
    EXPECT_EQ(count, wanted == flow::stop ? 1 : 2);
    return done;
  };
  EXPECT_TRUE(follow("{}\n{}\n", flow::go_on));
  EXPECT_TRUE(follow("{}\n{}\n", flow::stop));
  EXPECT_TRUE(follow("{}\n\n{}", flow::go_on));
  auto const ended =
      follow("{}\n{}\n{\"error\":{\"code\":\"P0240\",\"message\":\"web is lost\"}}\n", flow::go_on);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, error_code::instance_lost);
}

TEST(bytes, come_as_they_are_and_a_torn_end_is_told) {
  auto const read = [](std::string_view answer, std::string& bytes) {
    false_daemon const daemon({[&](peer& client) {
      client.request();
      client.send(answer);
    }});
    operations::file_range file{.instance = "web"};
    file.path.text = "a/b c";
    return connection(daemon.address())
        .read_bytes<operations::files_read>(file, [&](byte_view piece) -> result<flow> {
          bytes += as_text(piece);
          return flow::go_on;
        });
  };
  std::string bytes;
  EXPECT_TRUE(read("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\0\xff\n"sv, bytes));
  EXPECT_EQ(bytes, "\0\xff\n"sv);
  auto const torn = read("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"sv, bytes);
  ASSERT_FALSE(torn);
  EXPECT_EQ(torn.error().code, error_code::answer_lost);
}

bytes_giver giving(std::size_t pieces) {
  return [left = pieces](std::span<char> into) mutable -> result<std::size_t> {
    if (left == 0) return 0;
    --left;
    std::ranges::fill(into, 'x');
    return into.size();
  };
}

TEST(bytes, are_sent_until_they_end) {
  std::string asked;
  {
    false_daemon const daemon({[&](peer& client) {
      asked = client.request();
      client.answer(200, R"({"name":"f"})");
    }});
    auto const written =
        connection(daemon.address()).write_bytes<operations::files_write>({.instance = "web"}, giving(3));
    ASSERT_TRUE(written) << written.error().message;
  }
  EXPECT_EQ(std::ranges::count(asked, 'x'), 3 * 65536);
  EXPECT_THAT(asked, testing::EndsWith("\r\n0\r\n\r\n"));
}

TEST(bytes, are_sent_no_further_when_the_daemon_refuses) {
  false_daemon const daemon({[](peer& client) {
    client.answer(507, R"({"error":{"code":"P0701","message":"the disk is full"}})");
    client.await_end();
  }});
  auto const refused = connection(daemon.address())
                           .write_bytes<operations::files_write>({.instance = "web"}, giving(1'000'000));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::storage_full);
}

TEST(bytes, that_cannot_be_read_here_leave_the_request_without_its_end) {
  std::string asked;
  {
    false_daemon const daemon({[&](peer& client) { asked = client.request(); }});
    auto const failed = connection(daemon.address())
                            .write_bytes<operations::files_write>(
                                {.instance = "web"}, [](std::span<char>) -> result<std::size_t> {
                                  return fail(error_code::file_unknown, "no such file");
                                });
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, error_code::file_unknown);
  }
  EXPECT_THAT(asked, Not(testing::EndsWith("0\r\n\r\n")));
}

TEST(a_key, that_would_begin_another_line_is_refused) {
  auto const refused = connection({.socket = "/nonexistent/s", .host = {}, .token = {}})
                           .call<operations::health>({}, {.key = "a\r\nb"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::usage);
}

}  // namespace
}  // namespace ostler::client

// Answers of all kinds, whole and in every two pieces, and byte by byte.
#include "keeper/probes/http_answer.hpp"

#include <gtest/gtest.h>

namespace ostler::keeper {
namespace {

struct told {
  bool holds = false;
  std::string why;
  bool operator==(told const&) const = default;
};

// Feeds pieces until it is decided; then the connection is closed.
told tell(http_wanted const& wanted, std::string_view first, std::string_view second, std::size_t step) {
  http_answer answer(wanted);
  for (auto piece : {first, second})
    for (; !piece.empty(); piece.remove_prefix(std::min(step, piece.size())))
      if (auto const verdict = answer.feed(piece.substr(0, step))) return {verdict->holds, verdict->why};
  auto const verdict = answer.end();
  return {verdict.holds, verdict.why};
}

struct exchange {
  std::string answer;
  std::string body;
  told expected;
};

std::string const ok = "HTTP/1.1 200 OK\r\n";

exchange const exchanges[] = {
    {ok + "\r\n", "", {true, ""}},
    {"HTTP/1.0 204\n\n", "", {true, ""}},
    {"HTTP/1.1 301 Moved\r\nLocation: /x\r\n\r\n", "", {true, ""}},
    {"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nno", "", {false, "the answer is 500, not 200 to 399"}},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nLink: y\r\n\r\nHTTP/1.1 404 x\r\n\r\n",
     "",
     {false, "the answer is 404, not 200 to 399"}},
    {"HTTP/1.1 101 Switching\r\n\r\n", "", {false, "the answer is 101, another protocol"}},
    // What is no answer.
    {"", "", {false, "the connection was closed without an answer"}},
    {"HTTP/1.1 2", "", {false, "the connection was closed within the status line"}},
    {ok + "Date: x\r\n", "", {false, "the connection was closed within the head of the answer"}},
    {"SSH-2.0-OpenSSH\r\n", "", {false, "the answer is not HTTP; it begins with 'SSH-2.0-OpenSSH'"}},
    {"\r\n", "", {false, "the answer is not HTTP; it begins with ''"}},
    {"HTTP/2 200\r\n", "", {false, "the answer is not HTTP; it begins with 'HTTP/2 200'"}},
    {"HTTP/1.1 2000 x\r\n", "", {false, "the answer is not HTTP; it begins with 'HTTP/1.1 2000 x'"}},
    {"HTTP/1.1 -20 x\r\n", "", {false, "the answer is not HTTP; it begins with 'HTTP/1.1 -20 x'"}},
    {ok + "nonsense\r\n\r\n", "", {false, "the answer is not HTTP; its head has the line 'nonsense'"}},
    {ok + "Content-Length: many\r\n\r\n", "", {false, "the answer is not HTTP; its length is 'many'"}},
    {ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
     "",
     {false, "the answer is not HTTP; its length is '2'"}},
    {std::string(20'000, 'x'), "", {false, "the answer is not HTTP: no line ends within 16384 bytes"}},
    {ok + "A: " + std::string(20'000, 'x') + "\r\n\r\n",
     "",
     {false, "the head of the answer is longer than 16384 bytes"}},
    // Bodies.
    {ok + "content-length: 9\r\n\r\nall is up", "is up", {true, ""}},
    {ok + "Content-Length: 3\r\n\r\nall is up",
     "is up",
     {false, "the answer is 200, but the 3 bytes of its body do not contain 'is up'"}},
    {ok + "Content-Length: 0\r\n\r\n",
     "x",
     {false, "the answer is 200, but the 0 bytes of its body do not contain 'x'"}},
    {ok + "Content-Length: 9\r\n\r\nall",
     "is up",
     {false, "the connection was closed within the body, of which 3 bytes came"}},
    {ok + "\r\nall is up", "is up", {true, ""}},
    {ok + "\r\nall is",
     "is up",
     {false, "the answer is 200, but the 6 bytes of its body do not contain 'is up'"}},
    {ok + "Transfer-Encoding: gzip, Chunked\r\n\r\n6;a=b\r\nall is\r\n3\r\n up\r\n0\r\n\r\n",
     "is up",
     {true, ""}},
    {ok + "Transfer-Encoding: chunked\r\n\r\n6\r\nall is\r\n0\r\n\r\n",
     "is up",
     {false, "the answer is 200, but the 6 bytes of its body do not contain 'is up'"}},
    {ok + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
     "is up",
     {false, "the answer is not HTTP; a chunk has the size 'xyz'"}},
    {ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n",
     "is up",
     {false, "the answer is not HTTP: a chunk is longer than it says"}},
    {ok + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nab",
     "is up",
     {false, "the connection was closed within the body, of which 2 bytes came"}},
    {"HTTP/1.1 304 x\r\n\r\n",
     "x",
     {false, "the answer is 304, but the 0 bytes of its body do not contain 'x'"}},
    {ok + "\r\n" + std::string(70'000, 'y') + "x",
     "x",
     {false, "the answer is 200, but the first 65536 bytes of its body do not contain 'x'"}},
};

TEST(an_http_answer, is_judged_the_same_however_it_comes) {
  for (auto const& each : exchanges) {
    http_wanted const wanted{.body = each.body};
    std::string_view const all = each.answer;
    auto const shown = all.substr(0, 60);
    EXPECT_EQ(tell(wanted, all, {}, all.size() + 1).why, each.expected.why) << shown;
    EXPECT_EQ(tell(wanted, all, {}, 1), each.expected) << shown;
    auto const splits = std::min<std::size_t>(all.size(), 200);
    for (std::size_t at = 0; at <= splits; ++at)
      EXPECT_EQ(tell(wanted, all.substr(0, at), all.substr(at), all.size() + 1), each.expected)
          << shown << at;
  }
}

TEST(an_http_answer, is_decided_as_soon_as_it_can_be) {
  http_answer status(http_wanted{});
  EXPECT_TRUE(status.feed(ok + "Content-Length: 1000000\r\n\r\n")->holds);
  http_answer body(http_wanted{.body = "up"});
  EXPECT_TRUE(body.feed(ok + "Content-Length: 1000000\r\n\r\nup")->holds);
  http_answer wrong(http_wanted{.body = "up"});
  EXPECT_FALSE(wrong.feed("HTTP/1.1 503 x\r\nContent-Length: 10\r\n\r\n")->holds);
}

TEST(an_http_answer, may_be_wanted_to_have_another_status) {
  http_wanted const wanted{.status_least = 401, .status_most = 401};
  EXPECT_EQ(tell(wanted, "HTTP/1.1 401 x\r\n\r\n", {}, 99), (told{true, ""}));
  EXPECT_EQ(tell(wanted, ok + "\r\n", {}, 99), (told{false, "the answer is 200, not 401 to 401"}));
}

}  // namespace
}  // namespace ostler::keeper

// Looks at servers that lie in every way they can, over real sockets, in the same loop.
#include <arpa/inet.h>
#include <array>
#include <gtest/gtest.h>
#include <list>
#include <memory>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <sys/socket.h>

#include "keeper/probes/exec_look.hpp"
#include "keeper/probes/http_look.hpp"
#include "keeper/probes/tcp_look.hpp"
#include "system/clock.hpp"

namespace ostler::keeper {
namespace {

using kind = listener_owner::kind;

// What is expected comes long before; what is expected to take too long has a short one.
constexpr milliseconds patient{30s};
constexpr milliseconds impatient{40ms};

struct connection {
  explicit connection(loop& on, system::fd came) : socket(std::move(came)), heard(on) {}
  void say(std::string_view words) const {
    EXPECT_EQ(::send(socket.get(), words.data(), words.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(words.size()));
  }
  // All that has come; `over` when the other side has closed.
  void receive() {
    std::array<char, 4096> part;
    auto const got = ::recv(socket.get(), part.data(), part.size(), MSG_DONTWAIT);
    if (got > 0) text.append(part.data(), static_cast<std::size_t>(got));
    if (got == 0) over = true;
  }
  system::fd socket;
  std::string text;
  bool over = false;
  watch heard;
};

class a_server {
 public:
  enum class on_address : bool { v4, v6 };

  explicit a_server(loop& on, on_address which = on_address::v4) : loop_(on), accepting_(on) {
    sockaddr_in v4{
        .sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    sockaddr_in6 v6{.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    auto* const address =
        which == on_address::v4 ? reinterpret_cast<sockaddr*>(&v4) : reinterpret_cast<sockaddr*>(&v6);
    socklen_t size = which == on_address::v4 ? sizeof v4 : sizeof v6;
    socket_.reset(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket_ || ::bind(socket_.get(), address, size) != 0) return;
    EXPECT_EQ(::getsockname(socket_.get(), address, &size), 0);
    port = ntohs(which == on_address::v4 ? v4.sin_port : v6.sin6_port);
  }
  a_server(a_server&&) = delete;

  a_server& listens(int backlog = 8) {
    EXPECT_EQ(::listen(socket_.get(), backlog), 0);
    return *this;
  }
  // Calls with each connection when it came and whenever something was received.
  void serve(std::function<void(connection&)> came, std::function<void(connection&)> heard) {
    listens();
    EXPECT_TRUE(accepting_.join(socket_.get(), EPOLLIN, [this, came, heard](std::uint32_t) {
      auto& made = connections.emplace_back(
          loop_, system::fd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)));
      EXPECT_TRUE(made.heard.join(made.socket.get(), EPOLLIN, [&made, heard](std::uint32_t) {
        made.receive();
        if (made.over) made.heard.leave();
        heard(made);
      }));
      came(made);
    }));
  }
  // Answers every question, and closes.
  void answers(std::string const& text) {
    serve([](connection&) {},
          [text](connection& with) {
            if (with.over || !with.text.ends_with("\r\n\r\n")) return;
            with.say(text);
            ::shutdown(with.socket.get(), SHUT_WR);
          });
  }

  std::uint16_t port = 0;
  std::list<connection> connections;

 private:
  loop& loop_;
  system::fd socket_;
  watch accepting_;
};

find_owner owned_by(kind who, std::int64_t pid = 0) {
  return [=](std::uint16_t) { return listener_owner{.who = who, .pid = pid}; };
}

look_result answer_of(loop& running, look& asked) {
  std::optional<look_result> answer;
  // The answer comes before the loop waits: this ends the wait.
  alarm wake(running, [] {});
  asked.begin([&](look_result got) {
    answer = std::move(got);
    wake.set(system::now() + 1ns);
  });
  EXPECT_FALSE(answer) << "never from within begin()";
  while (!answer) running.run_once(true);
  return *answer;
}

look_result look_by_http(loop& running, std::uint16_t port, http_wanted wanted = {},
                         milliseconds limit = patient) {
  http_look asked(running, limit, {.port = port, .wanted = std::move(wanted)}, owned_by(kind::ours));
  return answer_of(running, asked);
}

std::string url(a_server const& server) { return "http://127.0.0.1:" + std::to_string(server.port) + "/"; }

TEST(a_tcp_look, holds_when_the_port_accepts_and_is_ours_or_nobody_can_know) {
  loop running;
  a_server server(running);
  server.listens();
  for (auto const who : {kind::ours, kind::unknown}) {
    tcp_look asked(running, patient, server.port, owned_by(who));
    auto const answer = answer_of(running, asked);
    EXPECT_TRUE(answer.holds) << answer.why;
    EXPECT_EQ(answer.stranger_pid, 0);
  }
}

TEST(a_tcp_look, names_the_stranger_who_answers) {
  loop running;
  a_server server(running);
  server.listens();
  auto const at = "port " + std::to_string(server.port);
  tcp_look known(running, patient, server.port, owned_by(kind::stranger, 77));
  auto answer = answer_of(running, known);
  EXPECT_FALSE(answer.holds);
  EXPECT_EQ(answer.stranger_pid, 77);
  EXPECT_EQ(answer.why, at + " is answered by another process, pid 77");
  tcp_look hidden(running, patient, server.port, owned_by(kind::stranger));
  answer = answer_of(running, hidden);
  EXPECT_FALSE(answer.holds);
  EXPECT_EQ(answer.stranger_pid, -1);
  tcp_look gone(running, patient, server.port, owned_by(kind::nobody));
  answer = answer_of(running, gone);
  EXPECT_FALSE(answer.holds);
  EXPECT_EQ(answer.stranger_pid, 0);
  EXPECT_EQ(answer.why, "nobody listens on " + at + " any more");
}

TEST(a_tcp_look, does_not_hold_where_nobody_listens) {
  loop running;
  // Bound, so that nobody else gets the port meanwhile.
  a_server const server(running);
  tcp_look asked(running, patient, server.port, owned_by(kind::ours));
  auto const answer = answer_of(running, asked);
  EXPECT_FALSE(answer.holds);
  EXPECT_TRUE(answer.why.starts_with("127.0.0.1:" + std::to_string(server.port) + " Connection refused"))
      << answer.why;
  EXPECT_NE(answer.why.find("; [::1]:"), std::string::npos) << answer.why;
}

TEST(a_look, finds_a_listener_on_ipv6_only) {
  loop running;
  a_server server(running, a_server::on_address::v6);
  if (server.port == 0) GTEST_SKIP() << "no IPv6 here";
  server.answers("HTTP/1.1 200 OK\r\n\r\n");
  tcp_look asked(running, patient, server.port, owned_by(kind::ours));
  EXPECT_TRUE(answer_of(running, asked).holds);
  EXPECT_TRUE(look_by_http(running, server.port).holds);
}

TEST(a_tcp_look, ends_at_its_limit_when_the_queue_is_full) {
  loop running;
  a_server server(running);
  server.listens(0);
  sockaddr_in const to{.sin_family = AF_INET,
                       .sin_port = htons(server.port),
                       .sin_addr = {htonl(INADDR_LOOPBACK)},
                       .sin_zero = {}};
  std::vector<system::fd> waiting;
  for (int count = 0; count < 4; ++count) {
    waiting.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    ::connect(waiting.back().get(), reinterpret_cast<sockaddr const*>(&to), sizeof to);
  }
  tcp_look asked(running, impatient, server.port, owned_by(kind::ours));
  EXPECT_EQ(answer_of(running, asked).why,
            "port " + std::to_string(server.port) + " has not accepted within 40ms");
}

TEST(an_http_look, asks_plainly_and_holds_when_the_status_and_the_body_are_as_wanted) {
  loop running;
  a_server server(running);
  server.answers("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nall is up");
  auto const answer = look_by_http(running, server.port, {.body = "is up"});
  EXPECT_TRUE(answer.holds) << answer.why;
  EXPECT_EQ(server.connections.front().text,
            "GET / HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port) +
                "\r\nUser-Agent: ostler\r\nAccept: */*\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(look_by_http(running, server.port, {.body = "down"}).why,
            url(server) + ": the answer is 200, but the 9 bytes of its body do not contain 'down'");
}

TEST(an_http_look, believes_no_error_no_junk_and_no_silence) {
  struct lie {
    std::string answer;
    std::string why;
  };
  lie const lies[] = {
      {"HTTP/1.1 500 Internal Server Error\r\n\r\n", "the answer is 500, not 200 to 399"},
      {"+OK POP3 ready\r\n", "the answer is not HTTP; it begins with '+OK POP3 ready'"},
      {std::string(20'000, '\0'), "the answer is not HTTP: no line ends within 16384 bytes"},
      {"", "the connection was closed without an answer"},
      {"HTTP/1.1 200 OK\r\nDate", "the connection was closed within the head of the answer"},
  };
  for (auto const& each : lies) {
    loop running;
    a_server server(running);
    server.answers(each.answer);
    auto const answer = look_by_http(running, server.port);
    EXPECT_FALSE(answer.holds);
    EXPECT_EQ(answer.why, url(server) + ": " + each.why);
  }
}

TEST(an_http_look, does_not_hold_when_its_connection_is_accepted_and_closed_at_once) {
  loop running;
  a_server server(running);
  server.serve(
      [](connection& with) {
        with.heard.leave();
        with.socket.reset();
      },
      [](connection&) {});
  EXPECT_EQ(look_by_http(running, server.port).why,
            url(server) + ": the connection was closed without an answer");
}

TEST(an_http_look, ends_at_its_limit_however_the_answer_drips) {
  loop running;
  a_server server(running);
  connection* with = nullptr;
  alarm drip(running, [&] {
    // The other side may have given up already.
    ::send(with->socket.get(), "H", 1, MSG_NOSIGNAL);
    drip.set(system::now() + 1ms);
  });
  server.serve(
      [&](connection& came) {
        with = &came;
        came.say("HTTP/1.1 200 OK\r\nA: ");
        drip.set(system::now());
      },
      [](connection&) {});
  EXPECT_EQ(look_by_http(running, server.port, {}, impatient).why,
            url(server) + " has not answered within 40ms");
  drip.clear();
  // It let go of the connection.
  while (!with->over && with->heard.joined()) running.run_once(true);
}

TEST(an_http_look, sends_nothing_to_a_stranger) {
  loop running;
  a_server server(running);
  bool closed = false;
  server.serve([](connection&) {}, [&](connection& with) { closed = with.over; });
  http_look asked(running, patient, {.port = server.port}, owned_by(kind::stranger, 77));
  EXPECT_EQ(answer_of(running, asked).stranger_pid, 77);
  while (!closed) running.run_once(true);
  EXPECT_EQ(server.connections.front().text, "");
}

TEST(an_http_look, refuses_a_path_that_would_be_more_than_a_path) {
  loop running;
  for (auto const* path : {"", "health", "/a b", "/a\r\nX: y", "/\x7f"}) {
    http_look asked(running, patient, {.port = 1, .path = path}, owned_by(kind::ours));
    auto const answer = answer_of(running, asked);
    EXPECT_FALSE(answer.holds);
    EXPECT_NE(answer.why.find("is no path for HTTP"), std::string::npos) << answer.why;
  }
}

TEST(a_look, that_was_given_up_is_silent_and_lets_go) {
  loop running;
  a_server server(running);
  bool came = false;
  bool closed = false;
  server.serve([&](connection&) { came = true; }, [&](connection& with) { closed = with.over; });
  http_look asked(running, patient, {.port = server.port}, owned_by(kind::ours));
  asked.begin([](look_result const&) { ADD_FAILURE() << "it was given up"; });
  while (!came) running.run_once(true);
  asked.give_up();
  while (!closed) running.run_once(true);
  // An answer that waits to be told is not told either.
  tcp_look refused(running, patient, 0, owned_by(kind::ours));
  refused.begin([](look_result const&) { ADD_FAILURE() << "it was given up"; });
  refused.give_up();
  running.run_once(false);
}

TEST(a_look, may_be_destroyed_or_begun_again_by_whoever_hears_the_answer) {
  loop running;
  a_server server(running);
  server.listens();
  auto asked = std::make_unique<tcp_look>(running, patient, server.port, owned_by(kind::ours));
  int answers = 0;
  std::function<void(look_result)> const heard = [&](look_result const& answer) {
    EXPECT_TRUE(answer.holds);
    if (++answers == 1) return asked->begin(heard);
    asked.reset();
    running.stop();
  };
  asked->begin(heard);
  running.run();
  EXPECT_EQ(answers, 2);
}

struct a_command {
  struct handle final : running_command {
    explicit handle(a_command& of) : command(of) {}
    ~handle() override { command.running = false; }
    void kill() override { ++command.kills; }
    a_command& command;
  };
  start_command starter() {
    return
        [this](std::vector<std::string> const& given, std::function<void(lifecycle::exit_status)> when_ended)
            -> result<std::unique_ptr<running_command>> {
          argv = given;
          done = std::move(when_ended);
          running = true;
          return std::make_unique<handle>(*this);
        };
  }
  std::vector<std::string> argv;
  std::function<void(lifecycle::exit_status)> done;
  bool running = false;
  int kills = 0;
};

TEST(an_exec_look, holds_only_when_the_command_ends_with_0) {
  using status = lifecycle::exit_status;
  struct ending {
    status how;
    bool holds;
    std::string why;
  };
  ending const endings[] = {
      {{status::kind::code, 0}, true, ""},
      {{status::kind::code, 3}, false, "'check' exited (3)"},
      {{status::kind::signal, 9}, false, "'check' was killed by signal 9"},
      {{status::kind::unknown, 0}, false, "'check' ended (exit status unknown)"},
  };
  for (auto const& each : endings) {
    loop running;
    a_command command;
    exec_look asked(running, patient, {"check", "-q"}, command.starter());
    alarm ends(running, [&] { command.done(each.how); });
    ends.set(system::now());
    auto const answer = answer_of(running, asked);
    EXPECT_EQ(answer.holds, each.holds);
    EXPECT_EQ(answer.why, each.why);
    EXPECT_EQ(command.argv, (std::vector<std::string>{"check", "-q"}));
    EXPECT_EQ(command.kills, 0);
    EXPECT_FALSE(command.running);
  }
}

TEST(an_exec_look, kills_what_reaches_the_limit_is_given_up_or_forgotten) {
  loop running;
  a_command command;
  {
    exec_look asked(running, impatient, {"check"}, command.starter());
    EXPECT_EQ(answer_of(running, asked).why, "'check' has not ended within 40ms");
    EXPECT_EQ(command.kills, 1);
    EXPECT_FALSE(command.running);
    asked.begin([](look_result const&) { ADD_FAILURE() << "it was given up"; });
    EXPECT_TRUE(command.running);
    asked.give_up();
    EXPECT_EQ(command.kills, 2);
    asked.begin([](look_result const&) { ADD_FAILURE() << "it was forgotten"; });
  }
  EXPECT_EQ(command.kills, 3);
  EXPECT_FALSE(command.running);
}

TEST(an_exec_look, says_why_a_command_could_not_be_started) {
  loop running;
  exec_look asked(running, patient, {"check"},
                  [](auto const&, auto) -> result<std::unique_ptr<running_command>> {
                    return fail(error_code::spawn_failed, "run 'check': it is not there");
                  });
  EXPECT_EQ(answer_of(running, asked).why, "run 'check': it is not there");
}

}  // namespace
}  // namespace ostler::keeper

// Sessions across the end of their keeper, and what is left of many of them.
#include <csignal>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "keeper/sessions/test/fixture.hpp"
#include "wire/json.hpp"

namespace ostler::keeper {
namespace {

using test::link_client;
using testing::HasSubstr;
using testing::IsEmpty;

class a_successor : public test::with_sessions {
 protected:
  a_successor() { begin(); }

  static void shows(link_client& by, std::uint32_t stream, std::string const& text) {
    by.until([&] { return by.at(stream).data.find(text) != std::string::npos; }, text);
  }
  // By what a new program image is told, as it is told it.
  handed_sessions hand_over() {
    std::string told;
    with_table([&](session_table& table) { told = wire::to_json(table.hand_over()); });
    drop();
    return wire::from_json<handed_sessions>(told).value();
  }
  std::size_t log_directories() const {
    std::size_t count = 0;
    for ([[maybe_unused]] auto const& each : std::filesystem::directory_iterator(directory + "/sessions"))
      ++count;
    return count;
  }
};

// Bears a token like ours, of another keeper.
class bystander {
 public:
  bystander() {
    spawn_request request{.argv = {"sleep", "1000"}, .environment = {}};
    request.place.marker = "OSTLER_RUN=another-s1";
    pid_ = spawn(request).value().pid;
  }
  ~bystander() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  bool lives() const { return ::kill(pid_, 0) == 0 && ::waitpid(pid_, nullptr, WNOHANG) == 0; }

 private:
  pid_t pid_ = 0;
};

TEST_F(a_successor, of_a_killed_keeper_ends_what_it_left_and_nobody_else) {
  bystander const other;
  std::uint64_t seq = 0;
  {
    auto const by = client();
    auto wanted = shell("trap '' HUP TERM PIPE; setsid sleep 1000 & echo up; while :; do sleep 1000; done");
    start(*by, wanted);
    wanted.out = 3;
    wanted.err = 0;
    wanted.terminal = wire::terminal_size{};
    start(*by, wanted);
    by->credit(1, 100);
    by->credit(3, 100);
    shows(*by, 1, "up");
    shows(*by, 3, "up");
    seq = by->event([](auto const& each) { return each.fact == "process.spawned" && each.session == "s2"; },
                    "s2")
              .seq;
  }
  drop();
  EXPECT_FALSE(processes().empty());
  begin();
  auto const by = client(seq);
  for (std::string const session : {"s1", "s2"}) {
    auto const found = client(seq);
    EXPECT_EQ(found->fact("process.exited", session).exit->how, wire::ended::unknown);
    EXPECT_EQ(found->fact("session.closed", session).message, "");
  }
  EXPECT_THAT(processes(), IsEmpty());
  EXPECT_TRUE(other.lives());
  // Its output is still there.
  by->ask("session.attach", wire::session_attach{.session = "s1", .out = 1, .err = 2});
  EXPECT_EQ(by->read_all(1), "up\n");
  by->ask("session.attach", wire::session_attach{.session = "s2", .out = 3});
  EXPECT_THAT(by->read_all(3), HasSubstr("up\r\n"));
  EXPECT_EQ(start(*by, {.command = {"true"}}).session, "s3");
}

TEST_F(a_successor, never_gives_a_name_again) {
  {
    auto const by = client();
    auto const started = start(*by, {.command = {"true"}});
    by->fact("session.closed", started.session);
    by->ask("session.close", wire::session_named{started.session});
    by->ask("status");
  }
  drop();
  begin();
  auto const by = client();
  EXPECT_EQ(start(*by, {.command = {"true"}}).session, "s2");
}

TEST_F(a_successor, in_the_same_process_goes_on_with_all_sessions) {
  std::uint64_t seq = 0;
  {
    auto const by = client();
    start(*by, {.command = {"sh", "-c", "echo one; read x; echo two $x; exit 7"}, .in = 5, .out = 1});
    start(*by, {.command = {"sh", "-c", "stty -echo; echo up; read x; stty size; echo $x; exit 8"},
                .terminal = wire::terminal_size{.rows = 33, .columns = 99},
                .in = 6,
                .out = 2,
                .label = "agent"});
    auto const over = start(*by, {.command = {"sh", "-c", "echo over; exit 9"}});
    by->credit(1, 1000);
    by->credit(2, 1000);
    shows(*by, 1, "one\n");
    shows(*by, 2, "up\r\n");
    seq = by->fact("session.closed", over.session).seq;
    auto const handed = hand_over();
    begin(handed);
  }
  auto const by = client(seq);
  auto const sessions = by->ask<wire::keeper_status>("status").sessions;
  ASSERT_EQ(sessions.size(), 3U);
  EXPECT_EQ(sessions[1].label, "agent");
  by->ask("session.attach", wire::session_attach{.session = "s1", .in = 5, .out = 1});
  by->write(5, "more\n");
  EXPECT_EQ(by->read_all(1), "one\ntwo more\n");
  by->ask("session.attach", wire::session_attach{.session = "s2", .in = 6, .out = 2});
  by->write(6, "typed\n");
  EXPECT_EQ(by->read_all(2), "up\r\n33 99\r\ntyped\r\n");
  by->ask("session.attach", wire::session_attach{.session = "s3", .out = 3});
  EXPECT_EQ(by->read_all(3), "over\n");
  auto const again = client(seq);
  EXPECT_EQ(exit_of(*again, "s1").exit->value, 7);
  EXPECT_EQ(exit_of(*by, "s2").exit->value, 8);
  EXPECT_EQ(start(*by, {.command = {"true"}}).session, "s4");
}

TEST_F(a_successor, is_told_by_the_system_of_an_end_that_came_between) {
  std::uint64_t seq = 0;
  handed_sessions handed;
  {
    auto const by = client();
    auto const started = start(*by, {.command = {"sh", "-c", "read x; exit 5"}, .in = 5});
    seq = by->fact("process.spawned", started.session).seq;
    handed = hand_over();
    // Its input ends, and nobody is there to see it go.
    ::close(handed.sessions[0].in);
    handed.sessions[0].in = -1;
    siginfo_t ended{};
    EXPECT_EQ(::waitid(P_PID, static_cast<id_t>(started.pid), &ended, WEXITED | WNOWAIT), 0);
  }
  begin(handed);
  EXPECT_EQ(exit_of(*client(seq), "s1").exit->value, 5);
  client(seq)->fact("session.closed", "s1");
}

TEST_F(a_successor, ends_what_it_cannot_take_over) {
  std::uint64_t seq = 0;
  handed_sessions handed;
  {
    auto const by = client();
    auto const started = start(*by, {.command = {"sleep", "1000"}});
    seq = by->fact("process.spawned", started.session).seq;
    handed = hand_over();
  }
  for (auto* const number : {&handed.sessions[0].out, &handed.sessions[0].err}) ::close(*number);
  // No process has as many.
  handed.sessions[0].out = 1 << 30;
  may_fail = true;
  begin(handed);
  EXPECT_EQ(exit_of(*client(seq), "s1").exit->value, SIGKILL);
  EXPECT_THAT(client(seq)->fact("session.closed", "s1").message, HasSubstr("could not be taken over"));
  EXPECT_THAT(processes(), IsEmpty());
}

TEST_F(a_successor, of_two_hundred_sessions_finds_nothing_of_them) {
  auto const by = client();
  auto const one = [&](std::uint32_t number) {
    wire::exec_start wanted{.command = {"cat"}, .in = 3 * number, .out = 3 * number + 1};
    if (number % 2 == 0) wanted.terminal = wire::terminal_size{};
    auto const started = start(*by, wanted);
    by->credit(wanted.out, 1000);
    by->write(wanted.in, "hello\n");
    shows(*by, wanted.out, "hello");
    by->ask("session.close", wire::session_named{started.session});
    by->credit(wanted.out, 1000);
    by->fact("session.closed", started.session);
    EXPECT_THAT(by->ask<wire::keeper_status>("status").sessions, IsEmpty());
  };
  one(1);
  one(2);
  // What was done with is let go of in a turn of the loop that has passed by then.
  by->ask("status");
  by->ask("status");
  auto const before = test::open_descriptors();
  for (std::uint32_t number = 3; number <= 202; ++number) one(number);
  by->ask("status");
  by->ask("status");
  EXPECT_EQ(test::open_descriptors(), before);
  EXPECT_THAT(processes(), IsEmpty());
  EXPECT_EQ(log_directories(), 1U);
}

TEST_F(a_successor, keeps_only_so_many_that_have_ended) {
  ended_max = 2;
  drop();
  begin();
  auto const by = client();
  for (std::uint32_t number = 1; number <= 5; ++number) {
    start(*by, {.command = {"echo", "hi"}, .out = number});
    EXPECT_EQ(by->read_all(number), "hi\n");
    by->fact("session.closed");
  }
  by->ask("status");
  by->ask("status");
  auto const kept = by->ask<wire::keeper_status>("status").sessions;
  EXPECT_EQ(kept[0].session, "s4");
  EXPECT_EQ(kept[1].session, "s5");
  EXPECT_EQ(log_directories(), 2U);
}

}  // namespace
}  // namespace ostler::keeper

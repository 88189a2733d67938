// Terminals, with real programs in them.
#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keeper/sessions/test/fixture.hpp"

namespace ostler::keeper {
namespace {

using test::link_client;
using testing::HasSubstr;
using testing::Not;

class a_terminal : public test::with_sessions {
 protected:
  a_terminal() { begin(); }

  static wire::exec_start terminal(std::string line) {
    return {
        .command = {std::move(line)}, .shell = true, .terminal = wire::terminal_size{}, .in = 5, .out = 1};
  }
  static void attach(link_client& by, std::string const& session,
                     std::optional<wire::terminal_size> size = std::nullopt) {
    by.ask("session.attach", wire::session_attach{.session = session, .in = 5, .out = 1, .terminal = size});
    by.credit(1, 8 << 20);
  }
  static void shows(link_client& by, std::string const& text, std::uint32_t stream = 1) {
    by.until([&] { return by.at(stream).data.find(text) != std::string::npos; }, text);
  }
};

// Each line that is typed is run; nothing is echoed.
constexpr auto obedient = "stty -echo; echo up; while read -r line; do eval \"$line\"; done";

TEST_F(a_terminal, is_one_for_the_program_with_the_size_that_was_asked_for) {
  auto const by = client();
  auto wanted = terminal("test -t 0 && test -t 1 && test -t 2 && stty size; echo $TERM; tty; exit 3");
  wanted.terminal = {.rows = 31, .columns = 97};
  auto const started = start(*by, wanted);
  auto const all = by->read_all(1);
  EXPECT_THAT(all, HasSubstr("31 97\r\nxterm-256color\r\n/dev/pts/"));
  EXPECT_EQ(exit_of(*by, started.session).exit->value, 3);
  by->fact("session.closed", started.session);
}

TEST_F(a_terminal, tells_the_program_of_a_new_size) {
  auto const by = client();
  auto const started = start(*by, terminal("trap 'stty size' WINCH; echo up; while :; do sleep 0.01; done"));
  by->credit(1, 1 << 20);
  shows(*by, "up\r\n");
  by->ask("session.resize", wire::session_resize{.session = started.session, .terminal = {50, 132}});
  shows(*by, "50 132\r\n");
}

TEST_F(a_terminal, has_the_size_of_whoever_typed_last) {
  auto const first = client();
  auto wanted = terminal(obedient);
  wanted.terminal = {.rows = 20, .columns = 60};
  auto const started = start(*first, wanted);
  first->credit(1, 1 << 20);
  shows(*first, "up\r\n");
  auto const second = client();
  attach(*second, started.session, wire::terminal_size{40, 100});
  second->write(5, "stty size\n");
  shows(*first, "40 100\r\n");
  first->write(5, "stty size\n");
  shows(*second, "20 60\r\n");
  EXPECT_EQ(first->ask<wire::keeper_status>("status").sessions[0].viewers, 2);
}

TEST_F(a_terminal, shows_all_viewers_the_same_bytes) {
  auto const first = client();
  auto const started = start(*first, terminal(obedient));
  first->credit(1, 8 << 20);
  shows(*first, "up\r\n");
  auto const second = client();
  attach(*second, started.session);
  first->write(5, "seq 1 20000; exit\n");
  first->until([&] { return first->at(1).ended; }, "the end");
  second->until([&] { return second->at(1).ended; }, "the end");
  EXPECT_EQ(first->at(1).data, second->at(1).data);
  EXPECT_TRUE(first->at(1).data.ends_with("\r\n20000\r\n"));
}

TEST_F(a_terminal, goes_on_when_nobody_looks_and_gives_its_scrollback_to_who_comes_back) {
  auto const watching = client();
  std::string session;
  {
    auto const leaving = client();
    session = start(*leaving, terminal(obedient)).session;
    leaving->credit(1, 1 << 20);
    shows(*leaving, "up\r\n");
    leaving->write(5, "seq 1 100000 && touch written\n");
  }
  auto const waited =
      start(*watching, {.command = {"while [ ! -e written ]; do sleep 0.01; done"}, .shell = true});
  exit_of(*watching, waited.session);
  auto const by = client();
  attach(*by, session);
  shows(*by, "\r\n100000\r\n");
  EXPECT_LE(by->at(1).data.size(), 256U * 1024);
  by->write(5, "exit 8\n");
  by->until([&] { return by->at(1).ended; }, "the end");
  EXPECT_EQ(exit_of(*watching, session).exit->value, 8);
  watching->fact("session.closed", session);
  // What has ended can still be looked at.
  watching->ask("session.attach", wire::session_attach{.session = session, .in = 35, .out = 31});
  EXPECT_TRUE(watching->read_all(31).ends_with("\r\n100000\r\n"));
}

TEST_F(a_terminal, gives_who_comes_back_the_modes_of_the_program) {
  auto const by = client();
  auto const started = start(*by, terminal(obedient));
  by->credit(1, 8 << 20);
  shows(*by, "up\r\n");
  by->write(5, "printf '\\033[?1049h\\033[?25l\\033[?2004h\\033[6n'; seq 1 60000; echo drawn\n");
  shows(*by, "drawn\r\n");
  EXPECT_THAT(by->at(1).data, HasSubstr("\x1b[6n"));
  auto const other = client();
  attach(*other, started.session);
  shows(*other, "drawn\r\n");
  EXPECT_TRUE(other->at(1).data.starts_with("\x1b[?1049h\x1b[?25l\x1b[?2004h"));
  EXPECT_THAT(other->at(1).data, Not(HasSubstr("\x1b[6n")));
}

TEST_F(a_terminal, lets_a_slow_viewer_begin_anew_and_slows_nobody) {
  auto const slow = client();
  auto const started = start(*slow, terminal(obedient));
  slow->credit(1, 100);
  shows(*slow, "up\r\n");
  auto const quick = client();
  attach(*quick, started.session);
  quick->write(5, "seq 1 200000; echo all\n");
  shows(*quick, "all\r\n");
  EXPECT_THAT(quick->at(1).data, HasSubstr("\r\n100000\r\n"));
  slow->credit(1, 8 << 20);
  shows(*slow, "all\r\n");
  EXPECT_THAT(slow->at(1).data, HasSubstr("bytes were left out here]\r\n"));
  EXPECT_THAT(slow->at(1).data, Not(HasSubstr("\r\n100000\r\n")));
}

TEST_F(a_terminal, does_not_wait_for_a_viewer_who_takes_nothing) {
  auto const by = client();
  auto const started = start(*by, terminal("seq 1 200000"));
  EXPECT_EQ(exit_of(*by, started.session).exit->value, 0);
  EXPECT_EQ(by->at(1).data, "");
  auto const all = by->read_all(1);
  EXPECT_THAT(all, HasSubstr("bytes were left out here]\r\n"));
  EXPECT_TRUE(all.ends_with("\r\n200000\r\n"));
}

TEST_F(a_terminal, reaches_a_single_viewer_whole_however_much_it_is) {
  auto const by = client();
  start(*by, terminal("stty -onlcr; seq 1 400000"));
  auto const all = by->read_all(1);
  EXPECT_EQ(all.size(), 2'688'895U);
  EXPECT_TRUE(all.ends_with("\n400000\n"));
}

TEST_F(a_terminal, passes_on_what_is_typed_also_control_characters) {
  auto const by = client();
  auto const started =
      start(*by, {.command = {"sleep", "1000"}, .terminal = wire::terminal_size{}, .in = 5, .out = 1});
  by->write(5, "\x03");
  auto const ended = exit_of(*by, started.session);
  EXPECT_EQ(ended.exit->how, wire::ended::signal);
  EXPECT_EQ(ended.exit->value, SIGINT);
  EXPECT_FALSE(ended.exit->asked);
}

TEST_F(a_terminal, ends_with_everything_in_it) {
  auto const by = client();
  auto const started = start(
      *by, terminal("trap '' HUP TERM; (trap '' HUP; setsid sleep 1000) & sleep 1000 & echo up; wait; wait"));
  by->credit(1, 1 << 20);
  shows(*by, "up\r\n");
  by->ask("stop", wire::stop_params{.grace = 50ms});
  by->fact("keeper.stopped");
  EXPECT_TRUE(processes().empty());
  EXPECT_EQ(by->refused("exec.start", terminal("true")).code, error_code::invalid_state);
}

TEST_F(a_terminal, is_refused_what_only_pipes_have) {
  auto const by = client();
  auto wanted = terminal("true");
  wanted.err = 2;
  EXPECT_EQ(by->refused("exec.start", wanted).code, error_code::value_out_of_range);
  auto const pipes = start(*by, shell("read x"));
  EXPECT_EQ(by->refused("session.resize", wire::session_resize{.session = pipes.session}).code,
            error_code::invalid_state);
}

}  // namespace
}  // namespace ostler::keeper

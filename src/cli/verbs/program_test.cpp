// The whole program: Ctrl-C, terminals, exit codes.
#include "cli/verbs/test/program.hpp"

#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/verbs/test/called.hpp"
#include "operations/error_values.hpp"
#include "operations/event_values.hpp"
#include "operations/instance_operations.hpp"
#include "operations/log_values.hpp"
#include "operations/session_values.hpp"

namespace ostler::cli {
namespace {

using client::test::false_daemon;
using client::test::handler;
using client::test::peer;
using operations::exec_output;
using operations::instance_state;
using operations::terminal_message;
using operations::terminal_message_kind;
using test::instance_of;
using test::program;
using testing::HasSubstr;
using testing::Not;
using wire::websocket_kind;

std::vector<std::string> with_host(false_daemon const& daemon, std::vector<std::string> words) {
  words.insert(words.begin(), {"--host", "unix:" + daemon.address().socket});
  return words;
}

std::string one_running(test::place const& here) {
  return wire::to_json(operations::instance_list{
      .instances = {instance_of(here, "auth", instance_state::running, "Running")}, .total = 1});
}

wire::exit_told exited(int code) { return {.how = wire::ended::code, .value = code}; }

// The instance is looked for, then the command is started with these answers.
handler runs(test::place const& here, std::vector<std::pair<int, std::string>> replies) {
  return [list = one_running(here), replies = std::move(replies)](peer& client) {
    client.request();
    client.answer(200, list);
    for (auto const& [status, body] : replies) {
      client.request();
      client.answer(status, body);
    }
  };
}

TEST(exec, gives_both_outputs_and_the_exit_code_of_the_command) {
  test::place const here;
  exec_output const first{
      .session = "s1", .out = "one\n", .err = "bad\n", .next_cursor = "c", .running = true};
  exec_output const last{.session = "s1", .out = "two\n", .exit = exited(3)};
  false_daemon const daemon({runs(here, {{200, wire::to_json(first)}, {200, wire::to_json(last)}})});
  auto const seen = here.call(daemon, {"exec", "auth", "--", "make", "-k"});
  EXPECT_EQ(seen.code, 3);
  EXPECT_EQ(seen.out, "one\ntwo\n");
  EXPECT_EQ(seen.err, "bad\n");
}

TEST(exec, tells_what_was_not_found_from_what_cannot_be_run) {
  test::place const here;
  auto const code_of = [&](std::string message) {
    error const why{.code = error_code::spawn_failed, .message = std::move(message)};
    false_daemon const daemon(
        {runs(here, {{500, wire::to_json(operations::error_answer{operations::told(why)})}})});
    return here.call(daemon, {"exec", "auth", "--", "x"}).code;
  };
  EXPECT_EQ(code_of("could not run \"x\": No such file or directory (ENOENT)"), 127);
  EXPECT_EQ(code_of("could not run \"x\": Permission denied (EACCES)"), 126);
}

TEST(exec, ends_with_125_when_it_is_we_who_failed) {
  test::place const here;
  EXPECT_EQ(here.call({"--host", "unix:" + here.root() + "/none", "exec", "auth", "--", "x"}).code, 125);
}

TEST(exec, tells_how_a_signal_ended_it) {
  test::place const here;
  exec_output const last{.session = "s1",
                         .exit = wire::exit_told{.how = wire::ended::signal, .value = SIGTERM}};
  false_daemon const daemon({runs(here, {{200, wire::to_json(last)}})});
  EXPECT_EQ(here.call(daemon, {"exec", "auth", "--", "x"}).code, 143);
}

TEST(exec, whose_time_is_over_ends_with_124) {
  test::place const here;
  exec_output const last{.session = "s1",
                         .exit = wire::exit_told{.how = wire::ended::signal, .value = SIGTERM}};
  false_daemon const daemon({runs(here, {{200, wire::to_json(last)}})});
  EXPECT_EQ(here.call(daemon, {"exec", "--timeout", "0", "auth", "--", "x"}).code, 124);
}

TEST(exec, gives_its_input_only_when_asked_to) {
  test::place here;
  here.input = "typed before";
  auto const asked_with = [&](std::vector<std::string> words) {
    std::string asked;
    false_daemon const daemon({[&](peer& client) {
      client.request();
      client.answer(200, one_running(here));
      asked = client.request();
      client.answer(200, wire::to_json(exec_output{.exit = exited(0)}));
    }});
    here.call(daemon, std::move(words));
    return asked;
  };
  EXPECT_THAT(asked_with({"exec", "-i", "auth", "--", "cat"}), HasSubstr("typed before"));
  EXPECT_THAT(asked_with({"exec", "auth", "--", "cat"}), Not(HasSubstr("typed before")));
}

TEST(ctrl_c, ends_the_waiting_of_up_and_not_the_instance) {
  test::place const here;
  here.write("ostler.toml", "version = 1\n");
  auto const starting = instance_of(here, "shop", instance_state::starting, "Starting...");
  auto const makes = [&](peer& client) {
    client.request();
    client.answer(200, wire::to_json(operations::instance_made{.instance = starting, .created = true}));
  };
  auto const tells = [&](peer& client) {
    client.upgrade();
    client.say(wire::to_json(operations::snapshot{.instances = {starting}}));
    client.await_end();
  };
  false_daemon const daemon({makes, tells});
  auto up = program::at_pipe(with_host(daemon, {"--project", here.project(), "up"}));
  up.read_until("shop: Starting...\n");
  up.signal(SIGINT);
  EXPECT_EQ(up.end(), 130);
  EXPECT_EQ(up.rest(), "Still starting in the background. Stop it: ostler down shop\n");
}

TEST(ctrl_c, ends_logs_that_are_followed_without_a_word) {
  test::place const here;
  false_daemon const daemon({[&](peer& client) {
    client.request();
    client.answer(200, one_running(here));
    client.request();
    auto const line = wire::to_json(operations::log_line{.service = "web", .text = "hello"}) + "\n";
    client.send(
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send(fmt::format("{:x}\r\n{}\r\n", line.size(), line));
    client.await_end();
  }});
  auto logs = program::at_pipe(with_host(daemon, {"logs", "auth", "-f"}));
  logs.read_until("web | hello\n");
  logs.signal(SIGINT);
  EXPECT_EQ(logs.end(), 0);
  EXPECT_EQ(logs.rest(), "");
}

TEST(ctrl_c, goes_to_the_program_that_exec_runs) {
  test::place const here;
  exec_output const running{.session = "s1", .out = "begun\n", .next_cursor = "c", .running = true};
  std::string killed;
  auto const starts = [&](peer& client) {
    client.request();
    client.answer(200, one_running(here));
    client.request();
    client.answer(200, wire::to_json(running));
    client.request();
    client.await_end();
  };
  auto const ends = [&](peer& client) {
    killed = client.request();
    client.answer(200, wire::to_json(operations::session{.id = "s1"}));
    client.request();
    client.answer(
        200, wire::to_json(exec_output{
                 .session = "s1", .exit = wire::exit_told{.how = wire::ended::signal, .value = SIGINT}}));
  };
  false_daemon const daemon({starts, ends});
  auto exec = program::at_pipe(with_host(daemon, {"exec", "auth", "--", "x"}));
  exec.read_until("begun\n");
  exec.signal(SIGINT);
  EXPECT_EQ(exec.end(), 130);
  EXPECT_THAT(killed, HasSubstr(R"("signal":"INT")"));
}

struct a_terminal : testing::Test {
  // Opens a terminal for whoever asks, and then does this with it.
  std::vector<handler> opens(std::function<void(peer&)> then) {
    auto const first = [this](peer& client) {
      client.request();
      client.answer(200, one_running(here));
      asked = client.request();
      client.answer(200, wire::to_json(operations::session{
                             .id = "t1", .kind = operations::session_kind::terminal, .running = true}));
    };
    auto const second = [this, then = std::move(then)](peer& client) {
      upgraded = client.upgrade();
      client.say(websocket_kind::binary, "$ ");
      then(client);
    };
    return {first, second};
  }

  test::place here;
  std::string asked;
  std::string upgraded;
};

TEST_F(a_terminal, passes_what_is_typed_and_shows_what_comes) {
  std::string heard;
  false_daemon const daemon({opens([&](peer& client) {
    heard = client.hear().second;
    client.say(websocket_kind::binary, "done\r\n");
    client.say(wire::to_json(
        terminal_message{.type = terminal_message_kind::exited, .session = "t1", .exit = exited(5)}));
  })});
  auto exec = program::at_terminal(with_host(daemon, {"exec", "auth", "--", "sh"}));
  exec.read_until("$ ");
  EXPECT_FALSE(exec.echoes()) << "the terminal is not raw";
  exec.type("\x03");
  exec.read_until("done\r\n");
  EXPECT_EQ(exec.end(), 5);
  EXPECT_EQ(heard, "\x03") << "Ctrl-C belongs to the program";
  EXPECT_THAT(asked, HasSubstr(R"("rows":30,"columns":100)"));
}

TEST_F(a_terminal, is_left_by_its_keys_and_is_as_before) {
  false_daemon const daemon({opens([](peer& client) {
    while (client.hear().first != websocket_kind::close) {
    }
  })});
  auto shell = program::at_terminal(with_host(daemon, {"shell", "auth"}));
  EXPECT_THAT(shell.read_until("$ "), HasSubstr("ctrl-q leaves it running"));
  shell.type("\x11");
  shell.read_until("It goes on: ostler attach auth t1");
  EXPECT_TRUE(shell.echoes());
  EXPECT_EQ(shell.end(), 0);
}

TEST_F(a_terminal, is_as_before_when_we_are_told_to_end) {
  false_daemon const daemon({opens([](peer& client) {
    while (client.hear().first != websocket_kind::close) {
    }
  })});
  auto shell = program::at_terminal(with_host(daemon, {"shell", "auth"}));
  shell.read_until("$ ");
  shell.signal(SIGTERM);
  shell.read_until("It goes on");
  EXPECT_TRUE(shell.echoes());
  shell.end();
}

TEST_F(a_terminal, tells_a_connection_that_was_lost) {
  false_daemon const daemon({opens([](peer&) {})});
  auto shell = program::at_terminal(with_host(daemon, {"shell", "auth"}));
  shell.read_until("the connection to the terminal was lost; what runs there goes on");
  EXPECT_EQ(shell.end(), 7);
}

}  // namespace
}  // namespace ostler::cli

// Commands without a terminal, as real processes.
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

#include "keeper/sessions/command_text.hpp"
#include "keeper/sessions/test/fixture.hpp"
#include "system/process.hpp"

namespace ostler::keeper {
namespace {

using testing::HasSubstr;

class a_command : public test::with_sessions {
 protected:
  a_command() { begin(); }
};

std::string noise(std::size_t size, unsigned seed) {
  std::mt19937 chance(seed);
  std::string all(size, '\0');
  for (auto& each : all) each = static_cast<char>(chance());
  return all;
}

void write_file(std::string const& path, std::string const& content) {
  std::ofstream(path, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
}

TEST_F(a_command, tells_its_exit_exactly) {
  auto const by = client();
  std::uint32_t stream = 10;
  for (int const code : {0, 1, 7, 255}) {
    auto wanted = shell("exit " + std::to_string(code));
    wanted.out = ++stream;
    wanted.err = ++stream;
    auto const started = start(*by, wanted);
    auto const ended = exit_of(*by, started.session);
    EXPECT_EQ(ended.exit->how, wire::ended::code);
    EXPECT_EQ(ended.exit->value, code);
    EXPECT_EQ(ended.pid, started.pid);
    EXPECT_EQ(by->read_all(wanted.out), "");
    EXPECT_EQ(by->read_all(wanted.err), "");
    by->fact("session.closed", started.session);
  }
  auto const killed = start(*by, shell("kill -9 $$"));
  auto const ended = exit_of(*by, killed.session);
  EXPECT_EQ(ended.exit->how, wire::ended::signal);
  EXPECT_EQ(ended.exit->value, 9);
  EXPECT_FALSE(ended.exit->asked);
}

TEST_F(a_command, is_on_record_in_the_order_in_which_it_happened) {
  auto const by = client();
  auto const started = start(*by, {.command = {"sh", "-c", "exit 3"}, .label = "check\x1b[31m"});
  EXPECT_EQ(started.session, "s1");
  auto const opened = by->fact("session.opened", "s1");
  EXPECT_EQ(opened.message, "check?[31m: sh -c 'exit 3'");
  EXPECT_EQ(by->fact("process.intended", "s1").run, 1U);
  auto const spawned = by->fact("process.spawned", "s1");
  EXPECT_EQ(spawned.pid, started.pid);
  EXPECT_EQ(spawned.run, 1U);
  EXPECT_EQ(by->fact("process.exited", "s1").exit->value, 3);
  EXPECT_EQ(by->fact("session.closed", "s1").message, "");
}

TEST_F(a_command, gives_both_its_streams_apart_and_byte_for_byte) {
  auto const out = noise(10 << 20, 1);
  auto const err = noise(3 << 20, 2);
  write_file(directory + "/place/out", out);
  write_file(directory + "/place/err", err);
  auto const by = client();
  auto const started = start(*by, shell("cat err >&2 & cat out; wait"));
  by->credit(2, 64 << 20);
  EXPECT_TRUE(by->read_all(1) == out);
  by->until([&] { return by->at(2).ended; }, "the end of stderr");
  EXPECT_TRUE(by->at(2).data == err);
  EXPECT_EQ(exit_of(*by, started.session).exit->value, 0);
}

TEST_F(a_command, reads_what_the_client_sends_as_fast_as_it_comes_back) {
  auto const sent = noise(5 << 20, 3);
  auto const by = client();
  auto const started = start(*by, {.command = {"cat"}, .in = 5, .out = 1});
  std::size_t given = 0;
  for (std::size_t at = 0; at < sent.size(); at += 10'000) {
    // Never more under way than a small credit.
    by->credit(1, 10'000);
    given += 10'000;
    by->write(5, std::string_view(sent).substr(at, 10'000));
    by->until([&] { return by->at(1).data.size() == std::min(given, sent.size()); }, "what was sent");
  }
  by->end(5);
  by->until([&] { return by->at(1).ended; }, "the end");
  EXPECT_TRUE(by->at(1).data == sent);
  EXPECT_EQ(exit_of(*by, started.session).exit->value, 0);
}

TEST_F(a_command, holds_up_the_sender_while_it_does_not_read) {
  auto const by = client();
  auto const started = start(*by, {.command = {"sleep", "1000"}, .in = 5, .out = 1});
  by->until([&] { return by->at(5).may_send > 0; }, "credit");
  EXPECT_EQ(by->at(5).may_send, 64U * 1024);
  // What the pipe takes is granted again, and no more.
  std::size_t written = 0;
  for (int round = 0; round < 4 && by->at(5).may_send > 0; ++round) {
    auto const piece = by->at(5).may_send;
    by->write(5, std::string(piece, 'x'));
    written += piece;
    by->ask("status");
  }
  EXPECT_LE(written, 2U * 64 * 1024);
  by->ask("session.close", wire::session_named{started.session});
  by->fact("session.closed", started.session);
}

TEST_F(a_command, has_no_input_unless_it_is_given_one) {
  auto const by = client();
  start(*by, {.command = {"cat"}, .out = 1});
  EXPECT_EQ(by->read_all(1), "");
  by->fact("session.closed");
}

TEST_F(a_command, is_told_when_nobody_reads_its_input_any_more) {
  auto const by = client();
  start(*by, {.command = {"sh", "-c", "exec 0<&-; echo closed; sleep 1000"}, .in = 5, .out = 1});
  by->credit(1, 1000);
  by->until([&] { return by->at(1).data == "closed\n"; }, "closed");
  by->write(5, "x");
  by->until([&] { return by->at(5).cancelled.has_value(); }, "the refusal of input");
  EXPECT_THAT(*by->at(5).cancelled, HasSubstr("reads its input no more"));
}

TEST_F(a_command, has_the_environment_and_the_directory_that_were_asked_for) {
  std::filesystem::create_directory(directory + "/place/sub dir");
  auto const by = client();
  auto wanted = shell("echo \"$GREETING\"; pwd; echo \"$OSTLER_RUN\"");
  wanted.env = {"GREETING=good day"};
  wanted.workdir = "sub dir";
  auto const started = start(*by, wanted);
  EXPECT_EQ(by->read_all(1),
            "good day\n" + directory + "/place/sub dir\n" + token + "-" + started.session + "\n");
}

TEST_F(a_command, of_a_service_has_what_that_service_has) {
  auto const by = client();
  auto wanted = shell("echo $OF; pwd");
  wanted.out = 11;
  wanted.service = "web";
  start(*by, wanted);
  EXPECT_EQ(by->read_all(11), "web\n" + directory + "\n");
  EXPECT_EQ(by->refused("exec.start", wire::exec_start{.command = {"true"}, .service = "nothing"}).code,
            error_code::service_unknown);
}

TEST_F(a_command, runs_as_the_user_that_was_asked_for) {
  if (::getuid() != 0) GTEST_SKIP() << "only root may become another user";
  auto const by = client();
  auto wanted = shell("id -u; echo $USER");
  wanted.user = "somebody";
  start(*by, wanted);
  EXPECT_EQ(by->read_all(1), "65534\nsomebody\n");
}

TEST_F(a_command, is_refused_with_what_is_wrong_and_leaves_nothing) {
  auto const by = client();
  auto const refused = [&](wire::exec_start const& wanted) { return by->refused("exec.start", wanted); };
  EXPECT_EQ(refused({}).message, "no command was given");
  EXPECT_THAT(refused({.command = {"a", "b"}, .shell = true}).message, HasSubstr("one line, not 2 words"));
  EXPECT_THAT(refused({.command = {"true"}, .env = {"=x"}}).message, HasSubstr("is no variable"));
  auto const nowhere = refused({.command = {"true"}, .workdir = "nowhere"});
  EXPECT_EQ(nowhere.code, error_code::file_unknown);
  EXPECT_THAT(nowhere.message, HasSubstr("enter the working directory " + directory + "/place/nowhere"));
  write_file(directory + "/place/file", "");
  EXPECT_THAT(refused({.command = {"true"}, .workdir = "file"}).message, HasSubstr("is no directory"));
  EXPECT_EQ(refused({.command = {"true"}, .user = "nobody at all"}).message, "no user nobody at all");
  EXPECT_EQ(refused({.command = {"true"}, .in = 3, .out = 3}).message, "stream 3 is in use");
  EXPECT_TRUE(by->ask<wire::keeper_status>("status").sessions.empty());
  // This one was on record already.
  auto const missing = refused({.command = {"no-such-program"}});
  EXPECT_EQ(missing.code, error_code::spawn_failed);
  auto const failed = by->fact("process.failed");
  EXPECT_EQ(by->fact("session.closed", failed.session).message, missing.message);
  EXPECT_TRUE(by->ask<wire::keeper_status>("status").sessions.empty());
  EXPECT_NE(start(*by, {.command = {"true"}}).session, failed.session);
}

TEST_F(a_command, is_left_alone_at_its_limit_and_can_be_found_again) {
  auto const by = client();
  auto wanted = shell("echo first; read line; echo got $line; exit 4");
  wanted.in = 5;
  wanted.limit = 1ms;
  auto const started = start(*by, wanted);
  by->credit(1, 1000);
  by->until([&] { return by->at(1).cancelled && by->at(2).cancelled && by->at(5).cancelled; }, "the limit");
  EXPECT_THAT(*by->at(1).cancelled, HasSubstr("timed_out"));
  auto const listed = by->ask<wire::keeper_status>("status").sessions;
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_TRUE(listed[0].running);
  EXPECT_EQ(listed[0].viewers, 0);

  by->ask("session.attach", wire::session_attach{.session = started.session, .in = 15, .out = 11, .err = 12});
  EXPECT_EQ(by->ask<wire::keeper_status>("status").sessions[0].viewers, 1);
  by->write(15, "again\n");
  EXPECT_EQ(by->read_all(11), "first\ngot again\n");
  EXPECT_EQ(exit_of(*by, started.session).exit->value, 4);
}

TEST_F(a_command, is_killed_at_its_limit_with_everything_it_started) {
  kill_grace = 50ms;
  drop();
  begin();
  auto const by = client();
  auto wanted = shell("trap '' TERM; setsid sleep 1000 & echo ready; while :; do sleep 1000; done");
  wanted.limit = 1ms;
  wanted.at_limit = wire::on_time_limit::kill;
  auto const started = start(*by, wanted);
  auto const ended = exit_of(*by, started.session);
  EXPECT_EQ(ended.exit->how, wire::ended::signal);
  EXPECT_TRUE(ended.exit->asked);
  by->fact("session.closed", started.session);
  EXPECT_TRUE(processes().empty());
}

TEST_F(a_command, is_drained_when_its_client_dies_and_is_read_by_the_next) {
  auto const watching = client();
  wire::exec_started started;
  {
    auto const dying = client();
    started = start(*dying, shell("seq 1 300000; echo done >&2; exit 5"));
    dying->credit(1, 1000);
    dying->until([&] { return dying->at(1).data.size() == 1000; }, "the first bytes");
  }
  EXPECT_EQ(exit_of(*watching, started.session).exit->value, 5);
  watching->fact("session.closed", started.session);
  watching->ask("session.attach", wire::session_attach{.session = started.session, .out = 1, .err = 2});
  auto const all = watching->read_all(1);
  EXPECT_TRUE(all.starts_with("1\n2\n3\n"));
  EXPECT_TRUE(all.ends_with("\n299999\n300000\n"));
  EXPECT_EQ(all.size(), 1'988'895U);
  EXPECT_EQ(watching->read_all(2), "done\n");
}

TEST_F(a_command, waits_for_a_client_that_is_slow) {
  auto const by = client();
  auto const started = start(*by, {.command = {"sh", "-c", "seq 1 200000; echo > written"}, .out = 1});
  by->credit(1, 100'000);
  by->until([&] { return by->at(1).data.size() == 100'000; }, "what the credit allows");
  by->ask("status");
  EXPECT_EQ(by->at(1).data.size(), 100'000U);
  EXPECT_FALSE(std::filesystem::exists(directory + "/place/written"));
  auto const rest = by->read_all(1);
  EXPECT_EQ(rest.size(), 1'288'895U);
  exit_of(*by, started.session);
  EXPECT_TRUE(std::filesystem::exists(directory + "/place/written"));
}

TEST_F(a_command, gives_the_whole_output_to_several_who_look) {
  auto const by = client();
  auto const started =
      start(*by, {.command = {"sh", "-c", "seq 1 1000; read x; seq 1001 50000"}, .in = 5, .out = 1});
  by->credit(1, 1 << 20);
  by->until([&] { return by->at(1).data.ends_with("\n1000\n"); }, "the first half");
  auto const other = client();
  other->ask("session.attach", wire::session_attach{.session = started.session, .out = 1});
  other->credit(1, 1 << 20);
  by->write(5, "go\n");
  by->until([&] { return by->at(1).ended; }, "the end");
  other->until([&] { return other->at(1).ended; }, "the end");
  EXPECT_EQ(other->at(1).data, by->at(1).data);
  EXPECT_TRUE(by->at(1).data.ends_with("\n50000\n"));
}

TEST_F(a_command, comes_to_the_end_of_its_input_when_the_client_is_gone) {
  auto const watching = client();
  std::string session;
  {
    auto const dying = client();
    session = start(*dying, {.command = {"cat"}, .in = 5, .out = 1}).session;
    dying->credit(1, 1000);
    dying->write(5, "last words");
    dying->until([&] { return !dying->at(1).data.empty(); }, "the echo");
  }
  EXPECT_EQ(exit_of(*watching, session).exit->value, 0);
  watching->ask("session.attach", wire::session_attach{.session = session, .out = 1});
  EXPECT_EQ(watching->read_all(1), "last words");
}

TEST_F(a_command, gives_the_rest_to_a_client_that_takes_his_time_after_it_has_ended) {
  kill_grace = 50ms;
  drop();
  begin();
  auto const by = client();
  auto const started = start(*by, {.command = {"head", "-c", "60000", "/dev/zero"}, .out = 1});
  EXPECT_EQ(exit_of(*by, started.session).exit->value, 0);
  by->fact("session.closed", started.session);
  EXPECT_EQ(by->at(1).data, "");
  EXPECT_EQ(by->read_all(1), std::string(60'000, '\0'));
}

TEST_F(a_command, says_that_something_is_missing_rather_than_end_its_stream) {
  log_cap = 64 * 1024;
  drop();
  begin();
  auto const by = client();
  auto const started = start(*by, {.command = {"seq", "1", "100000"}});
  by->fact("session.closed", started.session);
  by->ask("session.attach", wire::session_attach{.session = started.session, .out = 1});
  EXPECT_TRUE(by->read_all(1).ends_with("\n99999\n100000\n"));
  EXPECT_FALSE(by->at(1).ended);
  EXPECT_THAT(by->at(1).cancelled.value(), HasSubstr("bytes of the output are missing"));
}

TEST_F(a_command, ends_with_those_it_left_behind) {
  kill_grace = 100ms;
  drop();
  begin();
  auto const by = client();
  // One holds the pipes, one neither pipes nor session.
  auto const started =
      start(*by, shell("sleep 1000 & setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo out; exit 6"));
  EXPECT_EQ(exit_of(*by, started.session).exit->value, 6);
  EXPECT_EQ(by->read_all(1), "out\n");
  EXPECT_EQ(by->fact("session.closed", started.session).message, "");
  EXPECT_TRUE(processes().empty());
}

TEST_F(a_command, closes_with_its_whole_tree) {
  for (auto const kind : {containment_kind::cgroup2, containment_kind::cgroup1, containment_kind::scan}) {
    kill_grace = 50ms;
    drop();
    forced = kind;
    if (!containment::open({.instance = "t-" + token.substr(0, 12), .forced = forced})) continue;
    SCOPED_TRACE(text(kind));
    begin();
    auto const by = client();
    auto const started = start(
        *by,
        shell("trap '' TERM HUP; (setsid sh -c 'trap \"\" TERM; sleep 1000 & sleep 1000') & echo up; wait"));
    by->credit(1, 100);
    by->until([&] { return by->at(1).data == "up\n"; }, "up");
    EXPECT_FALSE(processes().empty());
    by->ask("session.close", wire::session_named{started.session});
    by->fact("session.closed", started.session);
    EXPECT_TRUE(processes().empty());
    EXPECT_TRUE(by->ask<wire::keeper_status>("status").sessions.empty());
    EXPECT_EQ(by->refused("session.attach", wire::session_attach{.session = started.session, .out = 4}).code,
              error_code::session_unknown);
  }
}

TEST_F(a_command, is_signalled_alone_or_with_its_tree) {
  auto const by = client();
  auto const one = start(*by, shell("trap 'echo hup; exit 9' HUP; echo up; while :; do sleep 0.01; done"));
  by->credit(1, 100);
  by->until([&] { return by->at(1).data == "up\n"; }, "up");
  by->ask("signal", wire::signal_params{.session = one.session, .signal = "1"});
  auto const ended = exit_of(*by, one.session);
  EXPECT_EQ(ended.exit->value, 9);
  EXPECT_TRUE(ended.exit->asked);
  by->until([&] { return by->at(1).ended; }, "the end");
  EXPECT_EQ(by->at(1).data, "up\nhup\n");
  EXPECT_EQ(by->refused("signal", wire::signal_params{.session = one.session, .signal = "1"}).code,
            error_code::invalid_state);
  auto const tree = start(*by, {.command = {"sh", "-c", "sleep 1000 & wait"}});
  by->ask("signal", wire::signal_params{.session = tree.session, .signal = "9", .tree = true});
  EXPECT_EQ(exit_of(*by, tree.session).exit->value, 9);
  by->fact("session.closed", tree.session);
  EXPECT_TRUE(processes().empty());
}

TEST(the_text_of_a_command, is_one_line_that_no_terminal_obeys) {
  EXPECT_EQ(command_text({"ls", "-l", "a b", ""}), "ls -l 'a b' ''");
  EXPECT_EQ(command_text({"a\nb\x1b[31m\x7f\xc2\x9b"
                          "1m\xff\xe2\x82"}),
            "'a b?[31m?"
            "??1m?"
            "?"
            "?'");
  EXPECT_EQ(command_text({"grüße €"}), "'grüße €'");
  EXPECT_EQ(command_text({std::string(500, 'x')}), std::string(200, 'x') + "…");
  EXPECT_EQ(command_text({"true"}, "agent"), "agent: true");
}

}  // namespace
}  // namespace ostler::keeper

// Commands in an instance.
#include <gtest/gtest.h>

#include "tests/daemon/joined.hpp"

namespace ostler::test {
namespace {

using namespace operations;

exec_new line(std::string text) {
  exec_new asked{.instance = "web", .command = {std::move(text)}, .shell = true};
  asked.wait = seconds(60);
  return asked;
}

TEST(a_command, is_told_with_both_outputs_and_its_exit) {
  joined all;
  all.up("web", {playing("one", {"wait"})});
  auto const done = all.ask<exec_start>(line("printf 'to out'; echo to err >&2; exit 3"));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->out, "to out");
  EXPECT_EQ(done->err, "to err\n");
  EXPECT_FALSE(done->running);
  ASSERT_TRUE(done->exit);
  EXPECT_EQ(done->exit->how, wire::ended::code);
  EXPECT_EQ(done->exit->value, 3);
  auto with_input = line("cat");
  with_input.input = "what it finds";
  auto const read = all.ask<exec_start>(with_input);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->out, "what it finds");
}

TEST(a_command, goes_on_and_is_read_on_and_killed) {
  joined all;
  all.up("web", {playing("one", {"wait"})});
  auto asked = line("echo one; echo two; exec sleep 1000");
  asked.wait = milliseconds(1);
  auto const begun = all.ask<exec_start>(asked);
  ASSERT_TRUE(begun) << begun.error().message;
  EXPECT_TRUE(begun->running);
  EXPECT_FALSE(begun->exit);
  std::string seen;
  exec_query query{.instance = "web", .session = begun->session};
  query.lines = 1;
  while (seen != "one\ntwo\n") {
    auto const part = all.ask<exec_read>(query);
    ASSERT_TRUE(part) << part.error().message;
    seen += part->out;
    ASSERT_LE(seen.size(), 8U) << seen;
    query.cursor = part->next_cursor;
  }
  auto const listed = all.ask<sessions_list>({"web"});
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->sessions.size(), 1U);
  EXPECT_TRUE(listed->sessions.front().running);
  ASSERT_TRUE(all.ask<exec_kill>({.instance = "web", .session = begun->session, .signal = "KILL"}));
  query.wait = seconds(60);
  auto const end = all.ask<exec_read>(query);
  ASSERT_TRUE(end) << end.error().message;
  ASSERT_TRUE(end->exit);
  EXPECT_EQ(end->exit->how, wire::ended::signal);
  EXPECT_EQ(end->exit->value, 9);
}

TEST(a_command, that_cannot_be_is_refused) {
  joined all;
  all.up("web", {playing("one", {"wait"})});
  EXPECT_EQ(all.ask<exec_start>({.instance = "wob", .command = {"true"}}).error().code,
            error_code::instance_unknown);
  EXPECT_EQ(all.ask<exec_start>({.instance = "web", .command = {"/not/there"}}).error().code,
            error_code::spawn_failed);
  EXPECT_EQ(all.ask<exec_read>({.instance = "web", .session = "s77"}).error().code,
            error_code::session_unknown);
  EXPECT_EQ(all.ask<exec_read>({.instance = "web", .session = "s77", .cursor = "1~s1.4"}).error().code,
            error_code::text_malformed);
  EXPECT_EQ(all.ask<exec_kill>({.instance = "web", .session = "s77"}).error().code,
            error_code::session_unknown);
  EXPECT_EQ(all.ask<terminals_close>({"web", "s77"}).error().code, error_code::session_unknown);
}

TEST(a_terminal, opens_is_resized_and_closed) {
  joined all;
  all.up("web", {playing("one", {"wait"})});
  auto const opened = all.ask<terminals_open>({.instance = "web"});
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->kind, session_kind::terminal);
  EXPECT_TRUE(opened->running);
  EXPECT_EQ(opened->attach_command, "ostler attach web " + opened->id);
  EXPECT_EQ(opened->label, "shell");
  auto const called = all.ask<terminals_open>({.instance = "web", .command = {"cat"}, .label = "agent"});
  ASSERT_TRUE(called) << called.error().message;
  auto const listed = all.ask<sessions_list>({"web"});
  ASSERT_EQ(listed->sessions.size(), 2U);
  EXPECT_EQ(listed->sessions[1].label, "agent");
  ASSERT_TRUE(
      all.ask<terminals_resize>({.instance = "web", .session = opened->id, .rows = 50, .columns = 100}));
  ASSERT_TRUE(all.ask<terminals_close>({"web", opened->id}));
}

}  // namespace
}  // namespace ostler::test

// The verbs about settings and about the command line itself.
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/verbs/test/called.hpp"
#include "cli/verbs/up_request.hpp"
#include "operations/daemon_values.hpp"

namespace ostler::cli {
namespace {

using client::test::false_daemon;
using test::answers;
using testing::HasSubstr;

TEST(no_words, print_the_overview) {
  test::place const here;
  auto const seen = here.call({});
  EXPECT_EQ(seen.code, 0);
  EXPECT_TRUE(seen.out.starts_with("ostler - run isolated dev and agent environments\n"));
}

TEST(a_word_that_is_none, ends_with_2) {
  test::place const here;
  auto const seen = here.call({"statsu"});
  EXPECT_EQ(seen.code, 2);
  EXPECT_THAT(seen.err, HasSubstr("try:  ostler status"));
}

TEST(help, of_a_verb_is_the_same_in_both_ways) {
  test::place const here;
  EXPECT_EQ(here.call({"help", "up"}).out, here.call({"up", "-h"}).out);
  EXPECT_EQ(here.call({"help", "daemon", "start"}).out, here.call({"daemon", "start", "--help"}).out);
  EXPECT_THAT(here.call({"daemon"}).out, HasSubstr("ostler daemon run"));
}

TEST(version, is_told_also_while_the_daemon_is_away) {
  test::place const here;
  EXPECT_EQ(here.call({"--version"}).out, "ostler 1.2.3\n");
  auto const seen = here.call({"version", "--host", "unix:" + here.root() + "/none"});
  EXPECT_EQ(seen.code, 0);
  EXPECT_EQ(seen.out, "ostler 1.2.3\nostlerd is not running\n");
}

TEST(init, writes_what_was_found_and_never_over_something) {
  test::place const here;
  here.write("Procfile", "web: serve\nworker: node worker.js\n");
  EXPECT_EQ(here.call({"init"}).code, 0);
  EXPECT_THAT(here.read("ostler.toml"), HasSubstr("# Made from Procfile."));
  EXPECT_THAT(here.read("ostler.toml"), HasSubstr("[service.worker]\nrun = \"node worker.js\""));
  EXPECT_EQ(here.call({"config", "check"}).code, 0);
  here.write("ostler.toml", "version = 1\n");
  EXPECT_EQ(here.call({"init"}).code, 1);
  EXPECT_EQ(here.read("ostler.toml"), "version = 1\n");
  EXPECT_EQ(here.call({"init", "--force"}).code, 0);
}

TEST(import, prints_what_a_file_would_become) {
  test::place const here;
  here.write("Procfile", "web: serve\n");
  EXPECT_THAT(here.call({"import", "Procfile"}).out, HasSubstr("[service.web]\nrun = \"serve\""));
  EXPECT_EQ(here.call({"import", "notes.txt"}).code, 2);
  EXPECT_EQ(here.call({"import", "Procfile.dev"}).code, 1);
}

TEST(config_show, tells_where_each_value_comes_from) {
  test::place const here;
  here.write("ostler.toml", "version = 1\n[service.web]\nrun = \"serve\"\n");
  EXPECT_THAT(here.call({"config", "show"}).out, HasSubstr("run = \"serve\""));
  EXPECT_THAT(here.call({"config", "show", "--origin"}).out, HasSubstr("ostler.toml:3"));
}

TEST(settings, may_come_from_standard_input) {
  test::place here;
  here.input = "{\"version\":1,\"service\":{\"web\":{\"run\":\"serve\"}}}";
  EXPECT_THAT(here.call({"config", "show", "--config", "-"}).out, HasSubstr("[service.web]"));
  here.input = "version = 1\n[service.db]\nrun = \"db\"\n";
  EXPECT_THAT(here.call({"config", "show", "--config", "-"}).out, HasSubstr("[service.db]"));
}

TEST(trust, is_kept_until_the_commands_change_or_it_is_revoked) {
  test::place const here;
  here.write("ostler.toml", "version = 1\n[service.web]\nrun = \"serve\"\n");
  EXPECT_EQ(here.call({"trust"}).code, 2) << "nobody can be asked";
  EXPECT_EQ(here.call({"trust", "-y"}).code, 0);
  EXPECT_THAT(here.call({"trust"}).out, HasSubstr("is agreed to"));
  here.write("ostler.toml", "version = 1\n[service.web]\nrun = \"rm -rf .\"\n");
  EXPECT_THAT(here.call({"trust", "--show"}).out, HasSubstr("rm -rf ."));
  EXPECT_THAT(here.call({"trust", "--revoke"}).out, HasSubstr("revoked"));
}

TEST(the_answer_yes_to_everything, does_not_agree_to_commands) {
  test::place const here;
  here.write("ostler.toml", "version = 1\n[service.web]\nrun = \"serve\"\n");
  EXPECT_EQ(here.call({"up", "-y", "--host", "unix:" + here.root() + "/none"}).code, 6);
}

TEST(doctor, fails_when_something_that_is_needed_does_not_work) {
  test::place const here;
  operations::doctor_report const report{
      .healthy = false,
      .checks = {
          {.name = "git", .message = "git 2.39"},
          {.name = "docker", .outcome = operations::check_outcome::absent, .message = "not found (fine)"},
          {.name = "keeper",
           .outcome = operations::check_outcome::failed,
           .message = "not there",
           .hints = {"install it"}}}};
  false_daemon const daemon({answers(report)});
  auto const seen = here.call(daemon, {"doctor"});
  EXPECT_EQ(seen.code, 1);
  EXPECT_EQ(seen.out,
            "PASSED git  git 2.39\nabsent docker  not found (fine)\nFAILED keeper  not there\n         try:  "
            "install it\n");
}

TEST(names_for_shells, are_silent_when_the_daemon_is_away) {
  test::place const here;
  auto const seen = here.call({"__complete", "instances", "--host", "unix:" + here.root() + "/none"});
  EXPECT_EQ(seen.out + seen.err, "");
}

TEST(daemon_install, shows_the_unit_and_writes_it_only_when_asked_to) {
  test::place here;
  here.environment["OSTLER_DAEMON"] = "/opt/100% good/ostlerd";
  auto const unit = here.environment["HOME"] + "/.config/systemd/user/ostlerd.service";
  auto const shown = here.call({"daemon", "install"});
  EXPECT_EQ(shown.code, 2) << "nobody can be asked";
  EXPECT_THAT(shown.out, HasSubstr("ExecStart=\"/opt/100%% good/ostlerd\"\n"));
  EXPECT_THAT(shown.out, HasSubstr("ListenStream=" + here.root() + "/state/ostler.sock\n"));
  EXPECT_FALSE(std::filesystem::exists(unit));
  EXPECT_EQ(here.call({"daemon", "install", "-y"}).code, 0);
  EXPECT_TRUE(std::filesystem::exists(unit));
}

TEST(units_for_packages, are_those_of_daemon_install_for_anybody) {
  test::place here;
  here.environment["OSTLER_DAEMON"] = "/usr/bin/ostlerd";
  here.environment.erase("OSTLER_STATE");
  here.environment["XDG_RUNTIME_DIR"] = here.root();
  auto const installed = here.call({"daemon", "install", "--print"}).out;
  auto const service = here.call({"__unit", "ostlerd.service", "/usr/bin/ostlerd"});
  EXPECT_THAT(service.out, HasSubstr("ExecStart=\"/usr/bin/ostlerd\"\n"));
  EXPECT_THAT(service.out, HasSubstr("\nType=notify\n"));
  EXPECT_THAT(installed, HasSubstr(service.out));
  auto socket = here.call({"__unit", "ostlerd.socket", "/usr/bin/ostlerd"}).out;
  constexpr std::string_view runtime = "%t/ostler";
  ASSERT_THAT(socket, HasSubstr(runtime));
  socket.replace(socket.find(runtime), runtime.size(), here.root() + "/ostler");
  EXPECT_THAT(installed, HasSubstr(socket));
}

TEST(units_for_packages, are_refused_when_systemd_would_not_take_them) {
  test::place const here;
  EXPECT_EQ(here.call({"__unit", "ostlerd.service", "bin/ostlerd"}).code, 2);
  auto const seen = here.call({"__unit", "ostler.service", "/usr/bin/ostlerd"});
  EXPECT_EQ(seen.code, 2);
  EXPECT_THAT(seen.err, HasSubstr("there is: ostlerd.service, ostlerd.socket"));
}

TEST(daemon_stop, does_not_end_whoever_happens_to_listen) {
  test::place const here;
  operations::daemon_status const status{.pid = 1, .message = "Serving"};
  // One connection to see who listens, one to ask.
  false_daemon const daemon({[](client::test::peer&) {}, answers(status)});
  auto const seen = here.call(daemon, {"daemon", "stop"});
  EXPECT_EQ(seen.code, 1);
  EXPECT_THAT(seen.err, HasSubstr("says that it is pid 1, but pid"));
}

TEST(daemon_logs, prints_the_last_lines) {
  test::place const here;
  std::filesystem::create_directories(here.root() + "/state");
  auto const missing = here.call({"daemon", "logs"});
  EXPECT_THAT(missing.err, HasSubstr("has no log in"));
}

TEST(a_name, is_made_of_any_directory) {
  EXPECT_EQ(name_from("My Shop!"), "my-shop");
  EXPECT_EQ(name_from("--a__b--"), "a-b");
  EXPECT_EQ(name_from("日本"), "place");
  EXPECT_EQ(name_from(std::string(80, 'x')).size(), 63U);
}

}  // namespace
}  // namespace ostler::cli

#include "config/trust.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include "config/reader.hpp"

namespace ostler::config {
namespace {

project read(std::string text) { return read_toml("ostler.toml", std::move(text)).value(); }

std::string told(project const& what) {
  std::string out;
  for (auto const& each : commands_of(what)) out += fmt::format("{}: {}\n", each.where, each.what);
  return out;
}

TEST(the_commands_of_a_project, are_whatever_can_make_something_run) {
  EXPECT_EQ(told(read("provider = \"docker\"\n"
                      "env_file = \"vars\"\n"
                      "setup = { run = [\"npm ci\", \"make\"], copy = \".env\" }\n"
                      "teardown.run = \"dropdb x\"\n"
                      "env.LD_PRELOAD = \"./x.so\"\n"
                      "agent.run = \"claude\"\n"
                      "docker = { image = \"node\" }\n"
                      "[service.web]\n"
                      "run = [\"node\", \"a b\"]\n"
                      "workdir = \"web\"\n"
                      "user = \"root\"\n"
                      "env.A = \"b\"\n"
                      "env_file = \"web.env\"\n"
                      "ready.exec = \"bin/ready\"\n"
                      "alive.exec = [\"bin/alive\"]\n"
                      "stop.run = \"bin/stop\"\n")),
            "setup: npm ci\n"
            "setup: make\n"
            "setup copies: .env\n"
            "service web (no shell): [\"node\", \"a b\"]\n"
            "service web ready (no shell): [\"/bin/sh\", \"-c\", \"bin/ready\"]\n"
            "service web alive (no shell): [\"bin/alive\"]\n"
            "service web stop (no shell): [\"/bin/sh\", \"-c\", \"bin/stop\"]\n"
            "service web runs in: web\n"
            "service web runs as: root\n"
            "service web environment: A=b\n"
            "service web environment reads: web.env\n"
            "agent: claude\n"
            "teardown: dropdb x\n"
            "environment: LD_PRELOAD=./x.so\n"
            "environment reads: vars\n"
            "provider docker: {\"image\":\"node\"}\n"
            "provider: docker\n");
  EXPECT_EQ(told(read("provider = \"docker\"\nlimits.memory = \"4G\"\n")), "");
  EXPECT_EQ(told(project()), "");
}

TEST(the_commands_of_a_project, are_not_those_that_the_user_has_given) {
  std::vector<document> layers;
  auto const add = [&](layer from, std::string text) {
    layers.push_back(parse_document({from, "file", std::move(text)}).value());
  };
  add(layer::user, "env.A = \"1\"\nagent = { run = \"mine\" }\nprovider = \"docker\"\n");
  add(layer::project, "service.web = { run = \"a\", env = { B = \"2\" } }\n");
  add(layer::local, "env.D = \"4\"\n");
  add(layer::flags, "env.C = \"3\"\nservice.web.env.B = \"mine\"\nsetup.run = \"mine\"\n");
  EXPECT_EQ(told(read_project(std::move(layers)).value()), "service web: a\nenvironment: D=4\n");
}

TEST(an_agreement, holds_for_the_commands_that_were_agreed_to) {
  agreements all;
  auto const what = read("[service.web]\nrun = \"a\"\n[service.db]\nrun = \"b\"");
  EXPECT_FALSE(all.is_trusted("/p", what));
  all.trust("/p", what);
  EXPECT_TRUE(all.is_trusted("/p", what));
  EXPECT_FALSE(all.is_trusted("/q", what));
  EXPECT_TRUE(all.is_trusted("/p", read("[service.db]\nrun = \"b\"\nport = 80")))
      << "less than was agreed to";
  auto const changed = read("[service.web]\nrun = \"a; b\"\n[service.db]\nrun = \"b\"");
  EXPECT_EQ(all.unknown("/p", changed), (std::vector<told_command>{{"service web", "a; b"}}));
  EXPECT_FALSE(all.is_trusted("/p", read("[service.web]\nrun = \"b\""))) << "agreed to for another service";
  EXPECT_FALSE(all.is_trusted("/p", read("provider = \"local\"\n[service.web]\nrun = \"a\"")))
      << "in another place";
}

TEST(an_agreement, for_a_line_is_none_for_a_list_of_words) {
  agreements all;
  all.trust("/p", read("service.web.run = \"a b\""));
  EXPECT_FALSE(all.is_trusted("/p", read("service.web.run = [\"a b\"]")));
  all.trust("/p", read("service.web.run = [\"a b\"]"));
  EXPECT_FALSE(all.is_trusted("/p", read("service.web.run = '[\"a b\"]'")));
}

TEST(an_agreement, for_something_else_is_none_for_a_command_that_looks_the_same) {
  agreements all;
  all.trust("/p", read("setup = { copy = \"a; evil\", run = \"true\" }\nservice.web = { run = \"x\", workdir "
                       "= \"b; evil\" }"));
  EXPECT_FALSE(all.is_trusted("/p", read("setup.run = \"copies a; evil\"")));
  EXPECT_FALSE(all.is_trusted("/p", read("setup.run = \"a; evil\"")));
  EXPECT_FALSE(all.is_trusted("/p", read("service.web.run = \"b; evil\"")));
}

TEST(an_agreement, is_not_needed_where_nothing_runs) {
  EXPECT_TRUE(agreements().is_trusted("/p", project()));
}

TEST(agreements_kept, read_back_and_can_be_revoked) {
  agreements all;
  auto const what = read("service.web.run = \"grüße \\u0001\"");
  all.trust("/p", what);
  all.trust("/q", what);
  auto back = agreements::parse(all.text());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->text(), all.text());
  EXPECT_TRUE(back->revoke("/p"));
  EXPECT_FALSE(back->revoke("/p"));
  EXPECT_FALSE(back->is_trusted("/p", what));
  EXPECT_TRUE(back->is_trusted("/q", what));
}

TEST(agreements_kept, that_are_damaged_or_newer_are_refused) {
  EXPECT_FALSE(agreements::parse("{"));
  EXPECT_FALSE(agreements::parse(R"({"version":2,"projects":[]})"));
  EXPECT_FALSE(agreements::parse(R"({"projects":[{"directory":1}]})"));
}

}  // namespace
}  // namespace ostler::config

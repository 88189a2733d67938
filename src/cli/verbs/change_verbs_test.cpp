// The verbs that change something and wait for how it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/verbs/test/called.hpp"
#include "operations/error_values.hpp"
#include "operations/event_values.hpp"
#include "operations/instance_operations.hpp"

namespace ostler::cli {
namespace {

using client::test::false_daemon;
using client::test::handler;
using client::test::peer;
using operations::instance;
using operations::instance_state;
using test::answers;
using test::instance_of;
using testing::HasSubstr;
using testing::Not;

std::string snapshot_of(std::vector<instance> all) {
  return wire::to_json(operations::snapshot{.seq = 1, .instances = std::move(all)});
}

std::string update_to(instance const& what) {
  return wire::to_json(
      operations::lifecycle_update{.seq = 2, .event = {.seq = 2, .instance = what.id}, .instance = what});
}

// A subscription that tells these one after the other, until the client has heard enough.
handler tells(std::vector<std::string> messages) {
  return [messages = std::move(messages)](peer& client) {
    EXPECT_THAT(client.upgrade(), HasSubstr("GET /api/v1/events"));
    for (auto const& one : messages) client.say(one);
    client.await_end();
  };
}

struct up : testing::Test {
  up() { here.write("ostler.toml", "version = 1\n[service.web]\nrun = \"serve\"\nport = \"auto\"\n"); }
  void agree() { ASSERT_EQ(here.call({"trust", "-y"}).code, 0); }
  instance shop(instance_state state, std::string message) const {
    return instance_of(here, "shop", state, std::move(message));
  }
  handler makes(instance const& what) {
    return [this, what](peer& client) {
      asked = client.request();
      client.answer(200, wire::to_json(operations::instance_made{.instance = what, .created = true}));
    };
  }

  test::place here;
  std::string asked;
};

TEST_F(up, refuses_commands_that_nobody_agreed_to_and_asks_nobody_for_them) {
  auto const seen = here.call({"up", "--host", "unix:" + here.root() + "/none"});
  EXPECT_EQ(seen.code, 6);
  EXPECT_THAT(seen.err, HasSubstr("(P0130)"));
  EXPECT_THAT(seen.err, HasSubstr("serve"));
  EXPECT_THAT(seen.err, HasSubstr("try:  ostler trust"));
}

TEST_F(up, asks_for_what_the_settings_say_and_waits_until_it_is_ready) {
  agree();
  here.write(".env", "A=1\n");
  auto starting = shop(instance_state::starting, "Starting...");
  auto ready = shop(instance_state::running, "Running :14021");
  ready.services.push_back({.name = "web",
                            .state = operations::service_state::running,
                            .ready = true,
                            .url = "http://127.0.0.1:14021",
                            .message = "Running :14021"});
  false_daemon const daemon({makes(starting), tells({snapshot_of({starting}), update_to(ready)})});
  auto const seen = here.call(daemon, {"up", "-e", "LEVEL=debug"});
  EXPECT_EQ(seen.code, 0);
  EXPECT_THAT(asked, HasSubstr(R"("name":"shop","provider":"local","project":")" + here.project()));
  EXPECT_THAT(asked, HasSubstr(R"("env_files":[".env"])"));
  EXPECT_THAT(asked, HasSubstr(R"("LEVEL=debug")"));
  EXPECT_THAT(seen.err, HasSubstr("Using ostler.toml.\nshop: Starting...\nshop: Running :14021\n"));
  EXPECT_THAT(seen.out, HasSubstr("shop is ready in 0."));
  EXPECT_THAT(seen.out, HasSubstr("  web  Running :14021   http://127.0.0.1:14021\n"));
  EXPECT_THAT(seen.out + seen.err, Not(HasSubstr("\x1b")));
}

TEST_F(up, that_failed_tells_the_error_of_the_daemon) {
  agree();
  auto const starting = shop(instance_state::starting, "Starting...");
  auto failed = shop(instance_state::failed, "web did not answer");
  failed.error = operations::error_told{
      .code = "P0210", .name = "not_ready_in_time", .message = "web did not answer GET / within 60s"};
  false_daemon const daemon({makes(starting), tells({snapshot_of({starting}), update_to(failed)})});
  auto const seen = here.call(daemon, {"up"});
  EXPECT_EQ(seen.code, 1);
  EXPECT_THAT(seen.err, HasSubstr("error: web did not answer GET / within 60s (P0210)\n"));
  EXPECT_THAT(seen.err,
              HasSubstr("  try:  ostler logs shop\n        ostler shell shop\n        ostler up shop\n"));
}

TEST_F(up, tells_the_error_of_a_service_that_has_given_up) {
  agree();
  auto running = shop(instance_state::running, "Running");
  running.health = operations::instance_health::error;
  running.services.push_back({.name = "web", .state = operations::service_state::error});
  running.services.back().error =
      operations::error_told{.code = "P0202",
                             .name = "exited_before_ready",
                             .message = "web in shop exited (1) before it was ready"};
  false_daemon const daemon({makes(running), tells({snapshot_of({running})})});
  auto const seen = here.call(daemon, {"up"});
  EXPECT_EQ(seen.code, 1);
  EXPECT_THAT(seen.err, HasSubstr("error: web in shop exited (1) before it was ready (P0202)"));
}

TEST_F(up, starts_the_services_that_are_at_rest) {
  agree();
  auto running = shop(instance_state::running, "Running");
  auto resting = running;
  resting.services.push_back({.name = "web", .state = operations::service_state::stopped});
  running.services.push_back({.name = "web", .state = operations::service_state::running, .ready = true});
  std::string started;
  auto const found = [&](peer& client) {
    client.request();
    client.answer(200, wire::to_json(operations::instance_made{.instance = resting}));
    started = client.request();
    client.answer(200, wire::to_json(resting));
  };
  false_daemon const daemon({found, tells({snapshot_of({resting}), update_to(running)})});
  EXPECT_EQ(here.call(daemon, {"up"}).code, 0);
  EXPECT_THAT(started, HasSubstr("POST /api/v1/instances/shop/start "));
  EXPECT_THAT(started, HasSubstr(R"({"services":["web"]})"));
}

TEST_F(up, with_a_provider_that_is_none_ends_with_5) {
  agree();
  false_daemon const daemon({[](peer& client) {
    EXPECT_THAT(client.request(), HasSubstr(R"("provider":"moon")"));
    error const why{.code = error_code::provider_unknown, .message = "there is no provider moon"};
    client.answer(404, wire::to_json(operations::error_answer{operations::told(why)}));
  }});
  EXPECT_EQ(here.call(daemon, {"up", "-p", "moon"}).code, 5);
}

TEST_F(up, that_is_detached_returns_when_it_was_taken) {
  agree();
  auto const starting = shop(instance_state::starting, "Starting...");
  false_daemon const daemon({makes(starting)});
  auto const seen = here.call(daemon, {"up", "-d", "--json"});
  EXPECT_EQ(seen.code, 0);
  EXPECT_EQ(seen.out, wire::to_json(operations::instance_made{.instance = starting, .created = true}) + "\n");
}

TEST_F(up, whose_time_is_over_ends_with_124) {
  agree();
  auto const starting = shop(instance_state::starting, "Starting...");
  false_daemon const daemon({makes(starting), tells({snapshot_of({starting})})});
  EXPECT_EQ(here.call(daemon, {"up", "--timeout", "20ms"}).code, 124);
}

TEST_F(up, goes_on_over_a_lost_connection) {
  agree();
  auto const starting = shop(instance_state::starting, "Starting...");
  auto const hangs_up = [&](peer& client) {
    client.upgrade();
    client.say(snapshot_of({starting}));
    client.close();
  };
  false_daemon const daemon(
      {makes(starting), hangs_up, tells({snapshot_of({shop(instance_state::running, "Running")})})});
  auto const seen = here.call(daemon, {"up"});
  EXPECT_EQ(seen.code, 0);
  EXPECT_THAT(seen.err, HasSubstr("Reconnecting..."));
}

TEST_F(up, brings_one_that_differs_to_what_is_asked_for_now) {
  agree();
  auto const running = shop(instance_state::running, "Running");
  std::string changed;
  auto const differs = [&](peer& client) {
    client.request();
    error const why{.code = error_code::name_taken, .message = "the name shop is taken"};
    client.answer(409, wire::to_json(operations::error_answer{operations::told(why)}));
  };
  auto const is_changed = [&](peer& client) {
    EXPECT_THAT(client.request(), HasSubstr("GET /api/v1/instances/shop "));
    client.answer(200, wire::to_json(running));
    changed = client.request();
    client.answer(200, wire::to_json(operations::instance_changed{
                           .instance = running,
                           .changed = true,
                           .services = {{.service = "web", .what = operations::service_change_kind::restart}},
                           .needs_restart = {"env"}}));
    EXPECT_THAT(client.request(), HasSubstr("POST /api/v1/instances/shop/restart "));
    client.answer(200, wire::to_json(running));
    client.request();
    client.answer(200, wire::to_json(operations::instance_made{.instance = running}));
  };
  false_daemon const daemon({differs, is_changed, tells({snapshot_of({running})})});
  auto const seen = here.call(daemon, {"up"});
  EXPECT_EQ(seen.code, 0);
  EXPECT_THAT(seen.err, HasSubstr("~ restart shop (env changed)\n~ restart service web of shop\n"));
  EXPECT_THAT(changed, HasSubstr("PATCH /api/v1/instances/shop "));
  EXPECT_THAT(changed, HasSubstr(R"("services":[{"name":"web")"));
}

TEST_F(up, leaves_one_that_differs_as_it_is_when_asked_to) {
  agree();
  auto const running = shop(instance_state::running, "Running");
  auto const differs = [&](peer& client) {
    client.request();
    error const why{.code = error_code::name_taken, .message = "the name shop is taken"};
    client.answer(409, wire::to_json(operations::error_answer{operations::told(why)}));
  };
  auto const is_there = [&](peer& client) {
    EXPECT_THAT(client.request(), HasSubstr("GET /api/v1/instances/shop "));
    client.answer(200, wire::to_json(running));
  };
  false_daemon const daemon({differs, is_there, tells({snapshot_of({running})})});
  auto const seen = here.call(daemon, {"up", "--no-recreate"});
  EXPECT_EQ(seen.code, 0);
  EXPECT_THAT(seen.err, HasSubstr("shop differs from the settings and is left as it is\n"));
}

TEST_F(up, of_what_is_another_project_says_that_the_name_is_taken) {
  agree();
  auto other = shop(instance_state::running, "Running");
  other.project = "/elsewhere";
  auto const differs = [&](peer& client) {
    client.request();
    error const why{.code = error_code::name_taken, .message = "the name shop is taken"};
    client.answer(409, wire::to_json(operations::error_answer{operations::told(why)}));
    client.request();
    client.answer(200, wire::to_json(other));
  };
  false_daemon const daemon({differs});
  auto const seen = here.call(daemon, {"up"});
  EXPECT_EQ(seen.code, 1);
  EXPECT_THAT(seen.err, HasSubstr("the name shop is taken (P0103)"));
}

TEST_F(up, restarts_one_that_is_equal_when_asked_to) {
  agree();
  auto const running = shop(instance_state::running, "Running");
  auto const found = [&](peer& client) {
    client.request();
    client.answer(200, wire::to_json(operations::instance_made{.instance = running}));
    EXPECT_THAT(client.request(), HasSubstr("POST /api/v1/instances/shop/restart "));
    client.answer(200, wire::to_json(running));
  };
  false_daemon const daemon({found, tells({snapshot_of({running})})});
  EXPECT_EQ(here.call(daemon, {"up", "--recreate"}).code, 0);
}

TEST_F(up, that_is_dry_says_what_would_be_changed) {
  operations::instance_changed const changed{
      .instance = shop(instance_state::running, "Running"),
      .changed = true,
      .services = {{.service = "web", .what = operations::service_change_kind::restart},
                   {.service = "db", .what = operations::service_change_kind::create},
                   {.service = "old", .what = operations::service_change_kind::remove}}};
  std::string asked_for;
  false_daemon const daemon({[&](peer& client) {
    asked_for = client.request();
    client.answer(200, wire::to_json(changed));
  }});
  auto const seen = here.call(daemon, {"up", "--dry-run"});
  EXPECT_EQ(seen.code, 0);
  EXPECT_EQ(seen.out,
            "~ restart service web of shop\n+ create service db of shop\n- remove service old of shop\n");
  EXPECT_THAT(asked_for, HasSubstr("PATCH /api/v1/instances/shop "));
  EXPECT_THAT(asked_for, HasSubstr(R"("dry_run":true)"));
}

TEST_F(up, that_is_dry_and_reaches_no_daemon_does_not_guess_what_is_there) {
  auto const seen = here.call({"up", "a", "b", "--dry-run", "--host", "unix:" + here.root() + "/none"});
  EXPECT_EQ(seen.code, 7);
  EXPECT_EQ(seen.out, "");
}

TEST_F(up, that_is_dry_says_what_would_be_created) {
  auto const nobody = [](peer& client) {
    client.request();
    error const why{.code = error_code::instance_unknown, .message = "no such instance"};
    client.answer(404, wire::to_json(operations::error_answer{operations::told(why)}));
  };
  false_daemon const daemon({nobody, nobody});
  auto const seen = here.call(daemon, {"up", "a", "b", "--dry-run", "--agent", "claude"});
  EXPECT_EQ(seen.code, 0);
  EXPECT_EQ(seen.out,
            "+ create a (local)\n    service web\n    agent claude, unless it runs already\n"
            "+ create b (local)\n    service web\n    agent claude, unless it runs already\n");
}

TEST_F(up, tells_a_mistake_of_the_settings_with_exit_6) {
  here.write("ostler.toml", "version = 1\n[service.web]\nrn = \"serve\"\n");
  auto const seen = here.call({"up"});
  EXPECT_EQ(seen.code, 6);
  EXPECT_THAT(seen.err, HasSubstr("ostler.toml:3"));
}

TEST(down, refuses_with_exit_8_when_work_would_be_lost) {
  test::place const here;
  auto const auth = instance_of(here, "auth", instance_state::running, "Running");
  false_daemon const daemon({[&](peer& client) {
    client.request();
    client.answer(200, wire::to_json(operations::instance_list{.instances = {auth}, .total = 1}));
    EXPECT_THAT(client.request(), HasSubstr("DELETE /api/v1/instances/auth?confirm=auth "));
    error const why{.code = error_code::work_would_be_lost,
                    .message = "auth was not removed: it has work that exists nowhere else",
                    .detail = "5 uncommitted files",
                    .hints = {"ostler diff auth"}};
    client.answer(409, wire::to_json(operations::error_answer{operations::told(why)}));
  }});
  auto const seen = here.call(daemon, {"down", "auth"});
  EXPECT_EQ(seen.code, 8);
  EXPECT_THAT(
      seen.err,
      HasSubstr(
          "it has work that exists nowhere else (P0801)\n  5 uncommitted files\n  try:  ostler diff auth"));
}

TEST(down, says_removed_only_after_it_is_gone) {
  test::place const here;
  auto auth = instance_of(here, "auth", instance_state::stopping, "Stopping...");
  false_daemon const daemon(
      {[&](peer& client) {
         client.request();
         client.answer(200, wire::to_json(operations::instance_list{.instances = {auth}, .total = 1}));
         client.request();
         client.answer(200, wire::to_json(auth));
       },
       [&](peer& client) {
         client.upgrade();
         client.say(snapshot_of({auth}));
         client.say(wire::to_json(operations::lifecycle_update{
             .seq = 2, .event = {.seq = 2, .instance = auth.id, .type = "instance.deleted"}}));
         client.await_end();
       },
       answers(operations::instance_list())});
  auto const seen = here.call(daemon, {"down", "auth"});
  EXPECT_EQ(seen.code, 0);
  EXPECT_EQ(seen.out, "auth: stopped and removed\n");
}

TEST(down, does_not_take_the_beginning_of_a_name) {
  test::place const here;
  auto const auth = instance_of(here, "auth", instance_state::running, "Running");
  false_daemon const daemon({answers(operations::instance_list{.instances = {auth}, .total = 1})});
  EXPECT_EQ(here.call(daemon, {"down", "aut"}).code, 4);
}

TEST(down, of_all_asks_and_is_refused_where_nobody_can_be_asked) {
  test::place const here;
  auto const auth = instance_of(here, "auth", instance_state::running, "Running");
  false_daemon const daemon({answers(operations::instance_list{.instances = {auth}, .total = 1})});
  EXPECT_EQ(here.call(daemon, {"down", "--all"}).code, 2);
}

TEST(wait, ends_with_3_when_it_can_no_longer_become_so) {
  test::place const here;
  auto const failed = instance_of(here, "auth", instance_state::failed, "npm ci exited 1");
  operations::instance_list const list{.instances = {failed}, .total = 1};
  false_daemon const daemon({answers(list), tells({snapshot_of({failed})})});
  auto const seen = here.call(daemon, {"wait", "auth"});
  EXPECT_EQ(seen.code, 3);
  EXPECT_THAT(seen.err, HasSubstr("auth: npm ci exited 1"));
}

TEST(wait, is_content_with_one_when_any_is_enough) {
  test::place const here;
  auto auth = instance_of(here, "auth", instance_state::running, "Running");
  auto const docs = instance_of(here, "docs", instance_state::running, "Running");
  operations::instance_list const list{.instances = {auth, docs}, .total = 2};
  auto waiting = auth;
  waiting.attention.kind = operations::attention_kind::needs_decision;
  false_daemon const daemon({[&](peer& client) {
                               for (int i = 0; i < 2; ++i) {
                                 client.request();
                                 client.answer(200, wire::to_json(list));
                               }
                             },
                             tells({snapshot_of({auth, docs}), update_to(waiting)})});
  EXPECT_EQ(here.call(daemon, {"wait", "auth", "docs", "--any", "--for", "attention"}).code, 0);
}

TEST(stop, waits_until_it_has_stopped) {
  test::place const here;
  auto const running = instance_of(here, "auth", instance_state::running, "Running");
  auto const stopping = instance_of(here, "auth", instance_state::stopping, "Stopping...");
  auto const stopped = instance_of(here, "auth", instance_state::stopped, "Stopped");
  false_daemon const daemon(
      {[&](peer& client) {
         client.request();
         client.answer(200, wire::to_json(operations::instance_list{.instances = {running}, .total = 1}));
         EXPECT_THAT(client.request(), HasSubstr(R"("grace":3000)"));
         client.answer(200, wire::to_json(stopping));
       },
       tells({snapshot_of({stopping}), update_to(stopped)})});
  auto const seen = here.call(daemon, {"stop", "auth", "--timeout", "3s"});
  EXPECT_EQ(seen.code, 0);
  EXPECT_EQ(seen.out, "auth  Stopped\n");
}

}  // namespace
}  // namespace ostler::cli

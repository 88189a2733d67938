// Instances and services, asked for as a door asks, over real places and keepers.
#include <fstream>
#include <gtest/gtest.h>

#include "tests/daemon/joined.hpp"

namespace ostler::test {
namespace {

using namespace operations;

TEST(an_instance, comes_up_is_told_and_goes_down) {
  joined all;
  auto const web = all.up("web", {playing("server", {"print", "hello\\n", "wait"})});
  EXPECT_EQ(web.state, instance_state::running);
  EXPECT_EQ(web.message, "Running");
  EXPECT_EQ(web.health, instance_health::healthy);
  EXPECT_EQ(web.wanted, instance_wanted::running);
  EXPECT_EQ(web.actor, "user");
  ASSERT_EQ(web.services.size(), 1U);
  EXPECT_EQ(web.services.front().state, service_state::running);

  auto const list = all.ask<instances_list>({});
  ASSERT_TRUE(list);
  EXPECT_EQ(list->total, 1U);
  EXPECT_GT(list->seq, 0U);

  auto const services = all.ask<services_list>({"web"});
  ASSERT_TRUE(services);
  EXPECT_GT(services->services.front().pid, 0);
  EXPECT_EQ(services->services.front().run, 1U);

  auto const down = all.ask<instances_stop>({.instance = "web", .wait = seconds(60)});
  ASSERT_TRUE(down) << down.error().message;
  EXPECT_EQ(down->state, instance_state::stopped);
  EXPECT_EQ(all.ask<instances_start>({.instance = "web", .wait = seconds(60)})->state,
            instance_state::running);
  auto const gone = all.ask<instances_delete>({.instance = "web", .wait = seconds(60)});
  ASSERT_TRUE(gone) << gone.error().message;
  EXPECT_EQ(gone->state, instance_state::deleted);
  EXPECT_EQ(all.ask<instances_get>({"web"}).error().code, error_code::instance_unknown);
}

TEST(an_instance, that_is_equal_is_found_and_one_that_differs_is_refused) {
  joined all;
  auto const web = all.up("web", {playing("server", {"wait"})});
  instance_new again{.name = "web", .project = all.project().string()};
  again.services = {playing("server", {"wait"})};
  auto const found = all.ask<instances_create>(again);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_FALSE(found->created);
  EXPECT_TRUE(found->ready);
  EXPECT_EQ(found->instance.id, web.id);
  again.services.front().command.emplace_back("more");
  auto const refused = all.ask<instances_create>(again);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::name_taken);
  EXPECT_TRUE(refused.error().message.ends_with("which differs in: services")) << refused.error().message;
}

TEST(a_wish, that_cannot_be_is_refused_before_anything_is_kept) {
  joined all;
  auto const code_of = [&](instance_new const& asked) {
    auto const made = all.ask<instances_create>(asked);
    return made ? error_code::usage : made.error().code;
  };
  EXPECT_EQ(code_of({.name = "a", .provider = "nowhere"}), error_code::provider_unknown);
  EXPECT_EQ(code_of({.name = "a", .project = "relative"}), error_code::provider_refused);
  EXPECT_NE(code_of({.name = "a", .project = (all.base() / "missing").string()}), error_code::usage);
  instance_new circle{.name = "a", .project = all.project().string()};
  circle.services = {playing("one", {"wait"})};
  circle.services.front().needs = {"two"};
  EXPECT_EQ(code_of(circle), error_code::service_unknown);
  EXPECT_EQ(code_of({.name = "a", .project = all.project().string(), .branch = "b"}),
            error_code::provider_refused);
  // Nothing but that the daemon began.
  EXPECT_LE(all.ask<instances_list>({})->seq, 1U);
}

TEST(a_request, for_what_is_not_there_is_refused_by_name) {
  joined all;
  EXPECT_EQ(all.ask<instances_stop>({.instance = "web"}).error().code, error_code::instance_unknown);
  EXPECT_EQ(all.ask<services_start>({"web", "server"}).error().code, error_code::instance_unknown);
  auto const made = all.ask<instances_create>({.name = "web",
                                               .project = all.project().string(),
                                               .services = {playing("server", {"wait"})},
                                               .start = false});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->instance.state, instance_state::defined);
  EXPECT_EQ(made->instance.services.front().state, service_state::idle);
  EXPECT_EQ(all.ask<services_start>({"web", "sever"}).error().code, error_code::service_unknown);
  EXPECT_EQ(all.ask<services_start>({"web", "server"}).error().code, error_code::invalid_state);
  EXPECT_EQ(all.ask<instances_wait>({.instance = "web", .until = {"service:sever"}}).error().code,
            error_code::service_unknown);
  auto stranger = joined::anybody();
  stranger.scope = control::token_scope::one_instance;
  EXPECT_EQ(all.ask<instances_get>({"web"}, stranger).error().code, error_code::instance_unknown);
  EXPECT_EQ(all.ask<instances_list>({}, stranger)->total, 0U);
}

TEST(a_service, is_stopped_started_and_restarted_alone) {
  joined all;
  all.up("web", {playing("server", {"wait"}), playing("other", {"wait"})});
  auto const stopped =
      all.ask<services_stop>({.instance = "web", .service = "server", .grace = {}, .wait = seconds(60)});
  ASSERT_TRUE(stopped) << stopped.error().message;
  EXPECT_EQ(stopped->state, service_state::stopped);
  auto const started = all.ask<services_start>({.instance = "web", .service = "server", .wait = seconds(60)});
  ASSERT_TRUE(started) << started.error().message;
  EXPECT_TRUE(started->ready);
  EXPECT_EQ(started->run, 2U);
  auto const again =
      all.ask<services_restart>({.instance = "web", .service = "server", .grace = {}, .wait = seconds(60)});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->run, 3U);
  ASSERT_TRUE(again->last_exit);
  EXPECT_TRUE(again->last_exit->asked);
  EXPECT_EQ(all.ask<services_list>({"web"})->services.back().run, 1U);
}

TEST(a_service, that_does_not_listen_is_restarted_within_the_grace_that_was_given) {
  joined all;
  auto stubborn = playing("server", {"ignore", "TERM", "wait"});
  stubborn.stop.grace = std::chrono::hours(1);
  all.up("web", {stubborn});
  auto const again = all.ask<services_restart>(
      {.instance = "web", .service = "server", .grace = milliseconds(10), .wait = seconds(60)});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->run, 2U);
  auto const all_of_it =
      all.ask<instances_restart>({.instance = "web", .grace = milliseconds(10), .wait = seconds(60)});
  ASSERT_TRUE(all_of_it) << all_of_it.error().message;
  EXPECT_EQ(all_of_it->state, instance_state::running);
  EXPECT_EQ(all_of_it->generation, 2U);
}

TEST(a_wait, ends_when_it_is_so_or_the_time_is_over) {
  joined all;
  all.up("web", {playing("server", {"wait"})});
  auto const ready = all.ask<instances_wait>({.instance = "web", .until = {"service:server", "running"}});
  ASSERT_TRUE(ready);
  EXPECT_TRUE(ready->reached);
  auto const never =
      all.ask<instances_wait>({.instance = "web", .until = {"stopped"}, .timeout = milliseconds(20)});
  ASSERT_TRUE(never);
  EXPECT_FALSE(never->reached);
  EXPECT_GE(never->waited, milliseconds(20));
  auto const any = all.ask<instances_wait>({.instance = "web", .until = {"stopped", "ready"}, .any = true});
  EXPECT_TRUE(any->reached);
}

TEST(an_instance, is_the_same_after_the_daemon_was_started_again) {
  joined all;
  auto const web = all.up("web", {playing("server", {"wait"})});
  auto const pid = all.ask<services_list>({"web"})->services.front().pid;
  all.start_again();
  auto const ready = all.ask<instances_wait>({.instance = "web", .until = {"ready"}, .timeout = seconds(60)});
  ASSERT_TRUE(ready);
  EXPECT_TRUE(ready->reached);
  EXPECT_EQ(ready->instance.id, web.id);
  // Registered again is more than remembered as ready.
  while (all.ask<services_list>({"web"})->services.front().pid == 0)
    all.run_all(all.middle().news_of(web.id));
  EXPECT_EQ(all.ask<services_list>({"web"})->services.front().pid, pid);
}

TEST(a_copy, that_holds_work_is_not_deleted_unless_forced) {
  joined all;
  all.up("web", {playing("server", {"file", "made-here", "wait"})}, R"({"mode":"copy"})");
  auto const refused = all.ask<instances_delete>({.instance = "web"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::work_would_be_lost);
  EXPECT_NE(refused.error().detail.find("made-here"), std::string::npos) << refused.error().detail;
  EXPECT_EQ(all.ask<instances_get>({"web"})->state, instance_state::running);
  EXPECT_EQ(all.ask<instances_delete>({.instance = "web", .confirm = "wob"}).error().code, error_code::usage);
  auto const gone = all.ask<instances_delete>({.instance = "web", .force = true, .wait = seconds(60)});
  ASSERT_TRUE(gone) << gone.error().message;
  EXPECT_EQ(gone->state, instance_state::deleted);
}

TEST(a_copy, that_holds_nothing_of_its_own_is_deleted) {
  joined all;
  all.up("web", {playing("server", {"wait"})}, R"({"mode":"copy"})");
  auto const gone = all.ask<instances_delete>({.instance = "web", .wait = seconds(60)});
  ASSERT_TRUE(gone) << gone.error().message << gone.error().detail;
  EXPECT_EQ(gone->state, instance_state::deleted);
}

}  // namespace
}  // namespace ostler::test

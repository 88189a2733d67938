#include "supervisor/keeper_report.hpp"

#include <gtest/gtest.h>

namespace ostler::supervisor {
namespace {

using lifecycle::service_view;
using wire::keeper_event;

struct keeper_heard {
  service_view hear(keeper_event told) {
    told.seq = ++seq;
    told.service = "web";
    auto const report = views.hear(told);
    EXPECT_TRUE(report) << told.fact;
    if (!report) return {};
    EXPECT_EQ(report->generation, 3U);
    EXPECT_EQ(report->seq, seq);
    EXPECT_EQ(report->services.size(), 1U);
    return report->services.front();
  }

  keeper_report views{3, {}};
  std::uint64_t seq = 40;
};

TEST(a_keeper_report, follows_a_service_through_its_life) {
  keeper_heard keeper;
  EXPECT_EQ(keeper.hear({.fact = "service.starting", .port = 3001, .message = "Starting..."}).state,
            "starting");
  EXPECT_EQ(keeper.hear({.fact = "service.running", .port = 3001, .message = "Running :3001"}).message,
            "Running :3001");
  EXPECT_TRUE(keeper.hear({.fact = "service.ready", .port = 3001, .message = "Running :3001"}).ready);
  auto const doubted =
      keeper.hear({.fact = "service.not_ready", .port = 3001, .message = "waiting for http"});
  EXPECT_FALSE(doubted.ready);
  EXPECT_EQ(doubted.state, "running");
  EXPECT_EQ(doubted.message, "Running :3001");
  EXPECT_EQ(doubted.error, "waiting for http");
  EXPECT_EQ(keeper.hear({.fact = "service.ready", .port = 3001}).error, "");
  EXPECT_EQ(keeper.hear({.fact = "service.stopping", .message = "Stopping..."}).state, "stopping");
  auto const stopped = keeper.hear({.fact = "service.stopped", .message = "Stopped"});
  EXPECT_EQ(stopped.state, "stopped");
  EXPECT_FALSE(stopped.ready);
}

TEST(a_keeper_report, tells_each_end_once_and_what_follows_from_it) {
  keeper_heard keeper;
  keeper.hear({.fact = "service.running", .run = 1, .message = "Running"});
  wire::exit_told const three{.how = wire::ended::code, .value = 3};
  auto const ended = keeper.hear({.fact = "process.exited", .run = 1, .exit = three});
  EXPECT_EQ(ended.exited_how, "exited (3)");
  EXPECT_EQ(ended.exited_run, 1U);
  keeper_event again{.seq = 99, .fact = "process.exited", .service = "web", .run = 1, .exit = three};
  EXPECT_FALSE(keeper.views.hear(again));
  auto const back = keeper.hear({.fact = "service.restarting", .message = "restarting 1/5: web exited (3)"});
  EXPECT_EQ(back.state, "starting");
  EXPECT_TRUE(back.restarting);
  EXPECT_EQ(back.message, "Starting...");
  EXPECT_EQ(back.error, "restarting 1/5: web exited (3)");
  EXPECT_FALSE(keeper.hear({.fact = "service.running", .message = "Running"}).restarting);
}

TEST(a_keeper_report, counts_how_often_a_service_came_up_again_by_itself) {
  keeper_report views(1, {{.name = "web", .state = "running", .restarts = 4}});
  auto const again = views.hear(keeper_event{.seq = 5, .fact = "service.restarting", .service = "web"});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->services.front().restarts, 5U);
  auto const asked = views.hear(keeper_event{.seq = 6, .fact = "service.starting", .service = "web"});
  EXPECT_EQ(asked->services.front().restarts, 5U);
  auto const all =
      views.hear(wire::keeper_status{.seq = 7, .services = {{.name = "web", .state = "running"}}});
  EXPECT_EQ(all->services.front().restarts, 5U);
}

TEST(a_keeper_report, says_how_an_end_was_in_the_keepers_words) {
  EXPECT_EQ(text({.how = wire::ended::code, .value = 0}), "exited (0)");
  EXPECT_EQ(text({.how = wire::ended::signal, .value = 9}), "was killed by signal 9");
  EXPECT_EQ(text({.how = wire::ended::signal, .value = 9, .oom = true}),
            "was killed by signal 9, out of memory");
  EXPECT_EQ(text({}), "ended (exit status unknown)");
}

TEST(a_keeper_report, passes_over_what_says_nothing_of_services) {
  keeper_report views(1, {});
  for (auto const* fact : {"keeper.adopted", "session.opened", "something.newer"})
    EXPECT_FALSE(views.hear(keeper_event{.fact = fact}));
  for (auto const* fact :
       {"service.wanted", "process.intended", "process.spawned", "port.allotted", "agent.gone"})
    EXPECT_FALSE(views.hear(keeper_event{.fact = fact, .service = "web"})) << fact;
}

TEST(a_keeper_report, is_made_good_by_a_status_after_a_gap) {
  keeper_report views(1, {{.name = "gone", .state = "running"}, {.name = "web", .state = "starting"}});
  EXPECT_FALSE(views.hear(keeper_event{.seq = 7, .fact = "events.dropped"}));
  EXPECT_TRUE(views.has_gap());
  wire::service_status const web{.name = "web",
                                 .state = "running",
                                 .ready = true,
                                 .run = 5,
                                 .pid = 77,
                                 .port = 3001,
                                 .message = "Running :3001",
                                 .last_exit = wire::exit_told{.how = wire::ended::code, .value = 1}};
  auto const told = views.hear(wire::keeper_status{.seq = 900, .services = {web}});
  EXPECT_FALSE(views.has_gap());
  ASSERT_TRUE(told);
  EXPECT_EQ(told->seq, 900U);
  ASSERT_EQ(told->services.size(), 1U);
  service_view const expected{.name = "web",
                              .state = "running",
                              .ready = true,
                              .port = 3001,
                              .message = "Running :3001",
                              .run = 5,
                              .exited_run = 4,
                              .exited_how = "exited (1)"};
  EXPECT_EQ(told->services.front(), expected);
  // What was on its way when the status was made is in it.
  EXPECT_FALSE(views.hear(keeper_event{.seq = 899, .fact = "service.starting", .service = "web"}));
  EXPECT_TRUE(views.hear(keeper_event{.seq = 901, .fact = "service.stopping", .service = "web"}));
}

TEST(a_keeper_report, is_not_put_back_by_a_status_that_comes_late) {
  keeper_report views(1, {{.name = "db", .state = "starting"}, {.name = "web", .state = "starting"}});
  views.hear(keeper_event{.seq = 12, .fact = "service.running", .service = "db"});
  ASSERT_TRUE(views.hear(keeper_event{.seq = 13, .fact = "service.ready", .service = "db"}));
  wire::service_status const before{.name = "db", .state = "starting"};
  EXPECT_FALSE(views.hear(wire::keeper_status{.seq = 11, .services = {before}}));
  auto const told = views.hear(keeper_event{.seq = 14, .fact = "service.running", .service = "web"});
  ASSERT_TRUE(told);
  EXPECT_TRUE(told->services.front().ready);
}

}  // namespace
}  // namespace ostler::supervisor

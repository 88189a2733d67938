#include "cli/instance_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/progress.hpp"

namespace ostler::cli {
namespace {

using operations::attention_kind;
using operations::instance;
using operations::instance_health;
using operations::instance_state;
using operations::service_state;
using testing::HasSubstr;
using testing::Not;

channel const plain({});
constexpr wall_time now{1'800'000'000s};

instance one(std::string name, instance_state state, std::string message) {
  instance out;
  out.name = std::move(name);
  out.state = state;
  out.message = std::move(message);
  out.health = state == instance_state::running ? instance_health::healthy : instance_health::unknown;
  out.created = now - 14min;
  return out;
}

std::vector<instance> three() {
  auto auth = one("auth", instance_state::running, "Running :14021");
  auth.attention = {.kind = attention_kind::needs_decision, .text = "approve: rm -rf dist", .since = {}};
  auth.services.push_back(
      {.name = "web", .state = service_state::running, .ready = true, .url = "http://127.0.0.1:14021"});
  auto search = one("search", instance_state::starting, "Starting...");
  search.detail = "web";
  search.created = now - 3s;
  return {auth, search, one("flaky", instance_state::failed, "npm ci exited 1")};
}

TEST(the_table_of_instances, has_the_sentences_of_the_daemon) {
  EXPECT_EQ(instance_table(three(), now, ls_columns::usual, plain),
            "  NAME    STATUS           NEEDS YOU             URL                     AGE\n"
            "! auth    Running :14021   approve: rm -rf dist  http://127.0.0.1:14021  14m\n"
            "  search  Starting...      -                     -                       3s\n"
            "✘ flaky   npm ci exited 1  -                     -                       14m\n");
}

TEST(the_table_of_instances, is_wider_when_asked) {
  EXPECT_THAT(instance_table(three(), now, ls_columns::wide, plain), HasSubstr("PROVIDER  HEALTH"));
}

TEST(the_line_of_counts, says_what_is_there_and_who_waits) {
  EXPECT_EQ(counts_line(three()), "3 instances: 1 running, 1 starting, 1 error · 1 waits for you");
  EXPECT_EQ(counts_line(std::span<instance const>()), "0 instances");
}

TEST(ready, is_running_and_healthy_with_all_services) {
  auto all = three();
  EXPECT_TRUE(is_ready(all[0]));
  EXPECT_FALSE(is_ready(all[1]));
  all[0].services.push_back({.name = "db", .state = service_state::stopped});
  EXPECT_FALSE(is_ready(all[0]));
  all[0].services.back().kind = wire::service_kind_told::task;
  EXPECT_TRUE(is_ready(all[0]));
  all[0].health = instance_health::degraded;
  EXPECT_FALSE(is_ready(all[0]));
}

TEST(the_page_of_an_instance, shows_services_errors_and_what_happened) {
  auto what = three()[2];
  what.error = operations::error_told{
      .code = "P0210", .message = "web did not answer\x1b[2J", .hints = {"ostler logs flaky"}};
  what.services.push_back(
      {.name = "web", .state = service_state::error, .message = "exited (1)", .restarts = 5});
  status_extras extras;
  extras.events.push_back({.time = now, .subject = "web", .type = "service.error", .message = "exited (1)"});
  extras.lines.push_back({.service = "web", .text = "\x1b[31mboom"});
  auto const page = status_page(what, extras, now, plain);
  EXPECT_THAT(page, HasSubstr("flaky  npm ci exited 1\n"));
  EXPECT_THAT(page, HasSubstr("error: web did not answer\\x1b[2J (P0210)\n  try:  ostler logs flaky\n"));
  EXPECT_THAT(page, HasSubstr("web      error  exited (1)  5"));
  EXPECT_THAT(page, HasSubstr("service.error"));
  EXPECT_THAT(page, HasSubstr("Last output\n  web | boom\n"));
  EXPECT_EQ(page.find('\x1b'), std::string::npos);
}

TEST(the_page_of_an_instance, says_which_limits_hold_and_warns_of_those_that_do_not) {
  auto what = three()[0];
  EXPECT_THAT(status_page(what, {}, now, plain), Not(HasSubstr("limits")));
  what.limits = {{.what = "memory", .full = true, .how = "1 GiB, by cgroup2"},
                 {.what = "pids", .full = false, .how = "9 processes, not enforced: no controller"}};
  what.warnings = {"the limit of pids for the whole does not hold\x1b[2J"};
  auto const page = status_page(what, {}, now, plain);
  EXPECT_THAT(page, HasSubstr("  limits    memory 1 GiB, by cgroup2 · pids 9 processes, not enforced"));
  EXPECT_THAT(page, HasSubstr("warning: the limit of pids for the whole does not hold\\x1b[2J\n"));
}

TEST(progress_off_a_terminal, is_one_line_for_each_change) {
  auto all = three();
  progress show(progress_manner::plain, plain);
  EXPECT_EQ(show.show({&all[1], 1}, 100ms), "search: Starting...\n");
  EXPECT_EQ(show.show({&all[1], 1}, 9s), "");
  all[1].services.push_back({.name = "web", .state = service_state::starting, .message = "Starting..."});
  EXPECT_EQ(show.show({&all[1], 1}, 10s), "search/web: Starting...\n");
  EXPECT_EQ(show.clear(), "");
}

TEST(progress_on_a_terminal, is_drawn_over_itself) {
  auto all = three();
  channel const terminal({.terminal = true, .columns = 60});
  progress show(progress_manner::terminal, terminal);
  EXPECT_EQ(show.show({&all[1], 1}, 0ms), " ⠋ search  Starting...  0.0s  web\n");
  EXPECT_EQ(show.show({&all[1], 1}, 3100ms), "\x1b[1A\x1b[J ⠙ search  Starting...  3.1s  web\n");
  EXPECT_EQ(show.clear(), "\x1b[1A\x1b[J");
  EXPECT_EQ(show.clear(), "");
}

TEST(progress_that_is_quiet, says_nothing) {
  auto all = three();
  EXPECT_EQ(progress(progress_manner::quiet, plain).show(all, 1s), "");
}

}  // namespace
}  // namespace ostler::cli

// The verbs that look, against a daemon that says what the test wants.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/verbs/all.hpp"
#include "cli/verbs/test/called.hpp"
#include "operations/error_values.hpp"
#include "operations/log_operations.hpp"

namespace ostler::cli {
namespace {

using client::test::false_daemon;
using client::test::peer;
using operations::instance_state;
using test::answers;
using test::instance_of;
using testing::HasSubstr;
using testing::Not;

operations::instance_list list_of(std::vector<operations::instance> all) {
  auto const total = all.size();
  return {.seq = 7, .instances = std::move(all), .total = total};
}

TEST(every_verb, is_carried_out_by_somebody) {
  for (auto const& one : all_verbs()) EXPECT_NE(function_of(one.name), nullptr) << one.name;
}

TEST(ls, shows_the_instances_of_the_project_without_any_escape_sequence) {
  test::place const here;
  std::string asked;
  false_daemon const daemon({[&](peer& client) {
    asked = client.request();
    client.answer(
        200, wire::to_json(list_of({instance_of(here, "auth", instance_state::running, "Running :14021"),
                                    instance_of(here, "\x1b[2Jbad", instance_state::stopped, "Stopped")})));
  }});
  auto const seen = here.call(daemon, {"ls"});
  EXPECT_EQ(seen.code, 0);
  EXPECT_THAT(asked, HasSubstr("GET /api/v1/instances?project="));
  EXPECT_THAT(seen.out, HasSubstr("auth        Running :14021"));
  EXPECT_THAT(seen.out + seen.err, Not(HasSubstr("\x1b")));
  EXPECT_THAT(seen.err, HasSubstr("2 instances: 1 running, 1 stopped"));
}

TEST(ls, prints_the_answer_for_machines) {
  test::place const here;
  auto const all = list_of({instance_of(here, "auth", instance_state::running, "Running")});
  {
    false_daemon const daemon({answers(all)});
    EXPECT_EQ(here.call(daemon, {"ls", "--json"}).out, wire::to_json(all) + "\n");
  }
  {
    false_daemon const daemon({answers(all)});
    EXPECT_EQ(here.call(daemon, {"ls", "-o", "jsonl"}).out, wire::to_json(all.instances.front()) + "\n");
  }
  false_daemon const daemon({answers(all)});
  EXPECT_EQ(here.call(daemon, {"ls", "-q"}).out, "auth\n");
}

TEST(ls, refuses_filters_that_are_none) {
  test::place const here;
  EXPECT_EQ(here.call({"ls", "--filter", "state=sleeping"}).code, 2);
  EXPECT_EQ(here.call({"ls", "--filter", "colour=red"}).code, 2);
}

TEST(a_daemon_that_is_away, is_told_with_exit_7) {
  test::place const here;
  auto const seen = here.call({"ls", "--host", "unix:" + here.root() + "/none"});
  EXPECT_EQ(seen.code, 7);
  EXPECT_THAT(seen.err, HasSubstr("(P0411)"));
  EXPECT_EQ(seen.out, "");
}

TEST(status, says_by_its_exit_code_whether_it_is_ready) {
  test::place const here;
  auto const with_state = [&](instance_state state) {
    auto const one = instance_of(here, "auth", state, "as the daemon says");
    false_daemon const daemon({answers(list_of({one})), answers(one)});
    return here.call(daemon, {"status", "auth", "--json"}).code;
  };
  EXPECT_EQ(with_state(instance_state::running), 0);
  EXPECT_EQ(with_state(instance_state::stopped), 3);
  EXPECT_EQ(with_state(instance_state::failed), 3);
}

TEST(status, takes_a_beginning_of_a_name_and_refuses_what_is_none) {
  test::place const here;
  auto const all = list_of({instance_of(here, "auth", instance_state::running, "Running"),
                            instance_of(here, "audit", instance_state::running, "Running")});
  auto const code_of = [&](std::string const& name) {
    false_daemon const daemon({answers(all)});
    return here.call(daemon, {"status", name, "--json"});
  };
  EXPECT_EQ(
      here.call(false_daemon({answers(all), answers(all.instances.front())}), {"status", "aut", "--json"})
          .code,
      0);
  EXPECT_EQ(code_of("au").code, 2);
  auto const unknown = code_of("outh");
  EXPECT_EQ(unknown.code, 4);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'auth'?"));
  EXPECT_THAT(unknown.err, HasSubstr(R"({"error":{"code":"P0110")"));
}

TEST(status, without_a_name_means_the_only_one_of_the_project) {
  test::place here;
  auto other = instance_of(here, "other", instance_state::running, "Running");
  other.project = "/elsewhere";
  auto const all = list_of({instance_of(here, "auth", instance_state::running, "Running"), other});
  {
    false_daemon const daemon({answers(all)});
    EXPECT_EQ(here.call(daemon, {"status", "-o", "name"}).out, "auth\n");
  }
  here.environment["OSTLER_INSTANCE"] = other.id.text();
  false_daemon const daemon({answers(all)});
  EXPECT_EQ(here.call(daemon, {"status", "-o", "name"}).out, "other\n");
}

TEST(logs, prints_both_outputs_of_services_to_standard_output) {
  test::place const here;
  operations::log_page const page{
      .lines = {
          {.service = "web", .text = "fine"},
          {.service = "web", .stream = operations::log_stream::err, .text = "\x1b[31mERROR\x1b[0m bad"}}};
  std::string asked;
  false_daemon const daemon({[&](peer& client) {
    client.request();
    client.answer(200,
                  wire::to_json(list_of({instance_of(here, "auth", instance_state::running, "Running")})));
    asked = client.request();
    client.answer(200, wire::to_json(page));
  }});
  auto const seen = here.call(daemon, {"logs", "auth", "web", "-n", "5", "-g", "ERR"});
  EXPECT_EQ(seen.code, 0);
  EXPECT_EQ(seen.out, "web | fine\nweb | ERROR bad\n");
  EXPECT_THAT(asked, HasSubstr("/api/v1/instances/auth/logs?service=web&lines=5&pattern=ERR"));
}

TEST(logs, that_are_followed_end_when_the_daemon_ends_them) {
  test::place const here;
  false_daemon const daemon({[&](peer& client) {
    client.request();
    client.answer(200,
                  wire::to_json(list_of({instance_of(here, "auth", instance_state::running, "Running")})));
    EXPECT_THAT(client.request(), HasSubstr("follow=true"));
    auto const line = wire::to_json(operations::log_line{.service = "web", .text = "hello"}) + "\n";
    client.send(
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send(fmt::format("{:x}\r\n{}\r\n0\r\n\r\n", line.size(), line));
  }});
  auto const seen = here.call(daemon, {"logs", "auth", "-f"});
  EXPECT_EQ(seen.out, "web | hello\n");
  EXPECT_EQ(seen.code, 0);
}

TEST(events, are_lines_with_their_time) {
  test::place const here;
  operations::event_list const happened{.events = {{.seq = 3,
                                                    .time = wall_time(1'795'263'363'041ms),
                                                    .subject = "web",
                                                    .type = "service.ready",
                                                    .message = "Running :80"}}};
  false_daemon const daemon({answers(happened)});
  EXPECT_EQ(here.call(daemon, {"events"}).out,
            "2026-11-21T12:16:03.041Z  web           service.ready         Running :80\n");
}

TEST(a_refusal_of_the_daemon, is_shown_with_its_code_and_hints) {
  test::place const here;
  false_daemon const daemon({[&](peer& client) {
    client.request();
    error const why{.code = error_code::storage_failed,
                    .message = "the disk is away",
                    .detail = "EIO",
                    .hints = {"look"}};
    client.answer(503, wire::to_json(operations::error_answer{operations::told(why)}));
  }});
  auto const seen = here.call(daemon, {"ls"});
  EXPECT_EQ(seen.code, 1);
  EXPECT_EQ(seen.err, "error: the disk is away (P0702)\n  EIO\n  try:  look\n  more: ostler help P0702\n");
}

}  // namespace
}  // namespace ostler::cli

#include "operations/values.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/golden.hpp"

namespace ostler::operations {
namespace {

wall_time const noon{milliseconds(1'795'263'363'041)};

instance sample() {
  instance it;
  it.id = instance_id::make(noon, 1, 2);
  it.name = "auth";
  it.provider = "worktree";
  it.state = instance_state::starting;
  it.phase = "connecting";
  it.message = "Starting...";
  it.detail = "waiting for web (12s)";
  it.wanted = instance_wanted::running;
  it.created = noon;
  it.services.push_back({.name = "web", .state = service_state::starting, .port = 3001});
  it.services.push_back(
      {.name = "db", .state = service_state::error, .error = told({error_code::port_taken, "taken"})});
  it.error =
      told({error_code::not_ready_in_time, "web was not ready", "its last lines", {"ostler logs auth"}},
           "auth", "web");
  return it;
}

lifecycle_update update() {
  lifecycle_update out;
  out.seq = 7;
  out.event = {.seq = 7, .time = noon, .instance = sample().id, .subject = "web", .type = "service.starting"};
  out.instance = sample();
  out.services.services = {{"web", {.state = service_state::starting, .port = 3001}},
                           {"db", {.state = service_state::error, .error = "taken"}}};
  out.services.timestamp = noon;
  return out;
}

TEST(values, look_as_they_always_did) {
  std::string text;
  text += wire::to_json(snapshot{.seq = 6, .instances = {sample()}}) + "\n";
  text += wire::to_json(update()) + "\n";
  text += wire::to_json(lagged{.last_seq = 9}) + "\n";
  text += wire::to_json(error_answer{*sample().error}) + "\n";
  text += wire::to_json(log_page{.lines = {{.service = "web", .time = noon, .text = "listening"}}}) + "\n";
  text += wire::to_json(agent_message{.session = "s1", .content = {R"({"text":"hello"})"}}) + "\n";
  text += wire::to_json(agent_message{.session = "s1"}) + "\n";
  expect_golden("src/operations/golden/values.jsonl", text);
}

TEST(values, come_back_as_they_were_written) {
  auto const text = wire::to_json(update());
  auto const again = wire::from_json<lifecycle_update>(text);
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(wire::to_json(*again), text);
}

TEST(service_map, has_the_time_beside_the_services) {
  std::string text;
  wire::write_part(text,
                   service_map{.services = {{"web", {.state = service_state::running, .running = true}}},
                               .timestamp = wall_time(milliseconds(5))});
  EXPECT_EQ(text, R"({"web":{"state":"running","port":null,"running":true,"error":null},"timestamp":5})");
}

TEST(service_map, refuses_what_is_none) {
  for (auto const* bad : {"[]", R"({"web":3})", R"({"timestamp":"x"})"}) {
    service_map read;
    EXPECT_FALSE(wire::read_part(read, *wire::parse_json(bad), "$").has_value()) << bad;
  }
}

TEST(error_told, comes_back_and_an_unknown_code_keeps_its_text) {
  error const given{error_code::port_taken, "taken", "by 7", {"kill 7"}};
  EXPECT_EQ(heard(told(given)), given);
  auto later = told(given);
  later.code = "P9999";
  EXPECT_EQ(heard(later).code, error_code::link_failed);
  EXPECT_EQ(heard(later).message, "taken");
}

TEST(point_in_time, is_said_in_three_ways) {
  EXPECT_EQ(parse_point_in_time("10m")->ago, milliseconds(600'000));
  EXPECT_EQ(parse_point_in_time("2026-11-21T12:16:03.041Z")->at, noon);
  EXPECT_EQ(parse_point_in_time("2026-11-21T14:16:03.0419+02:00")->at, noon);
  EXPECT_EQ(parse_point_in_time("1795263363041")->at, noon);
  EXPECT_EQ(parse_point_in_time("2026-11-21T12:16:03Z")->against(noon), noon - 41ms);
  EXPECT_EQ(parse_point_in_time("10m")->against(noon), noon - 600s);
}

TEST(point_in_time, reads_back_what_it_writes) {
  for (auto const* text : {"10m", "2026-11-21T12:16:03.041Z", "1970-01-01T00:00:00.000Z"})
    EXPECT_EQ(format_point_in_time(*parse_point_in_time(text)), text);
}

TEST(point_in_time, refuses_what_is_none) {
  for (auto const* bad :
       {"", "yesterday", "-5m", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-21",
        "2026-11-21T25:00:00Z", "2026-11-21T12:16:03", "2026-11-21T12:16:03.Z", "2026-11-21T12:16:03Zx",
        "2026-11-21T12:16:03+2:00", "99999999999999999999"})
    EXPECT_FALSE(parse_point_in_time(bad).has_value()) << bad;
}

}  // namespace
}  // namespace ostler::operations

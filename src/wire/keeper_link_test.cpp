// The messages of the keeper link as golden files: a release that cannot read them has lost its keepers.
#include "wire/keeper_link.hpp"

#include <gtest/gtest.h>

#include "tests/support/golden.hpp"
#include "wire/json.hpp"
#include "wire/keeper_spec.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::wire {
namespace {

// Written as it stands, and read back to the same text.
template <class T> void expect_golden_message(std::string const& name, T const& value) {
  auto const text = to_json(value);
  expect_golden("src/wire/golden/" + name + ".json", text + "\n");
  auto const read = from_json<T>(text);
  ASSERT_TRUE(read) << name;
  EXPECT_EQ(to_json(*read), text);
}

keeper_facts some_keeper() { return {.version = "0.1.0", .features = {"exec", "logs"}, .pid = 4711}; }

TEST(the_core_of_the_keeper_link, never_changes) {
  expect_golden_message("registered", registered{.instance = "ins_01k9",
                                                 .generation = 3,
                                                 .keeper = some_keeper(),
                                                 .boot_id = "b0",
                                                 .nonce = "n0",
                                                 .seq = 42,
                                                 .oldest_seq = 7,
                                                 .began_seq = 12});
  expect_golden_message("hello", hello{.token = "secret", .after_seq = 41, .features = {"exec"}});
  expect_golden_message("heartbeat", heartbeat{.seq = 42});
  expect_golden_message("event_exited", keeper_event{.seq = 9,
                                                     .at = wall_time(milliseconds(1'763'716'800'123)),
                                                     .fact = "process.exited",
                                                     .service = "web",
                                                     .run = 2,
                                                     .pid = 815,
                                                     .start_ticks = 77,
                                                     .exit = exit_told{.how = ended::code, .value = 3}});
  expect_golden_message(
      "event_killed",
      keeper_event{.seq = 10,
                   .fact = "process.exited",
                   .service = "web",
                   .run = 2,
                   .exit = exit_told{.how = ended::signal, .value = 9, .asked = true, .oom = true}});
  expect_golden_message(
      "event_unknown_end",
      keeper_event{
          .seq = 11, .fact = "process.exited", .session = "s1", .exit = exit_told{.how = ended::unknown}});
  expect_golden_message("signal", signal_params{.service = "web", .signal = "TERM", .tree = true});
  expect_golden_message("stop", stop_params{.grace = milliseconds(2000)});
  expect_golden_message("forget", forget_params{.nonce = "n0", .through_seq = 42});
  keeper_status status{.instance = "ins_01k9",
                       .generation = 3,
                       .keeper = some_keeper(),
                       .seq = 42,
                       .forgotten_seq = 40,
                       .services = {service_status{.name = "web",
                                                   .state = "running",
                                                   .wanted = true,
                                                   .ready = true,
                                                   .run = 2,
                                                   .pid = 815,
                                                   .port = 3001,
                                                   .message = "Running :3001"}},
                       .sessions = {session_status{.session = "s1", .command = {"sh"}, .terminal = true}},
                       .abilities = {{.what = "pidfd", .full = true, .how = "pidfd_open"}}};
  expect_golden_message("status", status);
}

TEST(the_spec_of_a_keeper, keeps_its_keys) {
  keeper_spec spec{.instance = "ins_01k9", .name = "auth", .project = "shop", .workspace = "/work"};
  spec.services.push_back(
      service_spec{.name = "web",
                   .command = {"npm run dev"},
                   .shell = true,
                   .needs = {"db"},
                   .port = {.kind = port_kind::automatic},
                   .ready = {.output = "listening", .tcp = true, .http = http_probe{.path = "/healthz"}},
                   .alive = alive_spec{.tcp = true}});
  expect_golden_message("spec", spec);
}

TEST(an_error, is_told_with_its_code_and_heard_again) {
  error const refused{
      .code = error_code::service_unknown, .message = "no service \"x\"", .detail = "d", .hints = {"h"}};
  EXPECT_EQ(heard(told(refused)), refused);
}

TEST(an_error, of_a_code_that_is_newer_than_we_are_keeps_its_text) {
  auto const known =
      heard({.code = "P9999", .name = "later", .message = "something new", .detail = {}, .hints = {}});
  EXPECT_EQ(known.code, error_code::link_failed);
  EXPECT_EQ(known.message, "P9999 something new");
}

TEST(a_message, of_a_later_release_is_read_as_far_as_it_is_known) {
  auto const read = from_json<hello>(R"({"type":"hello","token":"t","colour":"red","after_seq":5})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->after_seq, 5U);
}

}  // namespace
}  // namespace ostler::wire

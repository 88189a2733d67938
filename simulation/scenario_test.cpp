// Scenario files: what is read, what is written back, and what is refused.
#include "simulation/scenario.hpp"

#include <gtest/gtest.h>

namespace ostler::simulation {
namespace {

TEST(scenario, is_read_from_a_file) {
  auto const what = parse_scenario(R"(
name = "mine"
about = "an example"
[work]
instances = 3
duration = "90s"
[wrong]
call_hangs = 0.5
daemon_crash_every = "10s"
[numbers]
"settle.limit" = "5s"
"starts.at_once" = 2
)",
                                   "mine.toml")
                        .value();
  EXPECT_EQ(what.name, "mine");
  EXPECT_EQ(what.work.instances, 3);
  EXPECT_EQ(what.work.duration, 90s);
  EXPECT_EQ(what.wrong.call_hangs, 0.5);
  EXPECT_EQ(what.wrong.daemon_crash_every, 10s);
  EXPECT_EQ(what.numbers.settle_limit, 5s);
  EXPECT_EQ(what.numbers.starts_at_once, 2);
}

TEST(scenario, what_is_written_is_read_back) {
  for (auto const& shipped : shipped_scenarios()) {
    auto const what = parse_scenario(shipped.text, shipped.name).value();
    auto const again = parse_scenario(write_scenario(what), shipped.name).value();
    EXPECT_EQ(write_scenario(again), write_scenario(what)) << shipped.name;
    EXPECT_EQ(again.numbers, what.numbers) << shipped.name;
    EXPECT_EQ(what.name, shipped.name);
    EXPECT_FALSE(what.about.empty()) << shipped.name;
  }
}

TEST(scenario, every_fault_can_be_switched_off_once) {
  faults wrong;
  for (auto const& field : scenario_fields()) {
    if (field.table != "wrong") continue;
    EXPECT_FALSE(switch_off(wrong, field.key)) << field.key << " is off already";
  }
  wrong.call_hangs = 0.1;
  EXPECT_TRUE(switch_off(wrong, "call_hangs"));
  EXPECT_EQ(wrong.call_hangs, 0);
  EXPECT_FALSE(switch_off(wrong, "no_such_fault"));
}

TEST(scenario, nonsense_is_refused_with_place_value_and_what_is_allowed) {
  struct bad {
    std::string text;
    error_code code;
    std::string says;
  };
  std::string const head = "name = \"x\"\n";
  for (auto const& [text, code, says] : std::vector<bad>{
           {"name = \"No Name\"", error_code::name_invalid, "allowed: 1 to 63"},
           {"", error_code::name_invalid, "x.toml"},
           {head + "[work]\ninstances = -1", error_code::value_out_of_range, "x.toml:3"},
           {head + "[work]\ninstances = 99999999", error_code::value_out_of_range,
            "allowed: a whole number from 0 to 10000"},
           {head + "[work]\ninstances = \"many\"", error_code::value_out_of_range, "instances"},
           {head + "[work]\ninstances = 0", error_code::value_out_of_range, "more than 0"},
           {head + "[work]\nduration = \"-5s\"", error_code::duration_invalid, "negative"},
           {head + "[work]\nduration = 5", error_code::duration_invalid, "takes a duration"},
           {head + "[work]\ndeletes = 1.5", error_code::value_out_of_range, "a probability from 0 to 1"},
           {head + "[work]\ndeletes = nan", error_code::value_out_of_range, "a probability"},
           {head + "[work]\ncall_hangs = 0.1", error_code::value_unknown,
            "'call_hangs' is unknown; allowed: instances"},
           {head + "[wrong]\nnothing = 0.1", error_code::value_unknown, "'nothing' is unknown; allowed:"},
           {head + "[others]\nx = 1", error_code::value_unknown, "'others' is unknown"},
           {head + "colour = 1", error_code::value_unknown, "'colour' is unknown"},
           {head + "[numbers]\n\"setle.limit\" = \"5s\"", error_code::value_unknown, "settle.limit"},
           {head + "[numbers]\n\"settle.limit\" = \"-5s\"", error_code::duration_invalid, "x.toml:3"},
           {head + "[numbers]\n\"heartbeat.interval\" = \"50m\"", error_code::value_out_of_range, "x.toml"},
           {head + "[work\n", error_code::text_malformed, "x.toml:"},
           {head + "[w\xc3\xb6rk]\n", error_code::text_malformed, "x.toml:2: a character beyond ASCII"},
           {head + "[.work]\n", error_code::text_malformed, "x.toml: not TOML"},
           {head + "[[[work]]]\n", error_code::text_malformed, "x.toml: not TOML"},
       }) {
    auto const refused = parse_scenario(text, "x.toml");
    ASSERT_FALSE(refused.has_value()) << text;
    EXPECT_EQ(facts(refused.error().code).name, facts(code).name) << text << "\n" << refused.error().message;
    EXPECT_NE(refused.error().message.find(says), std::string::npos) << text << "\n"
                                                                     << refused.error().message;
  }
}

TEST(scenario, a_refusal_is_one_short_line_whatever_was_given) {
  std::string const long_key(10'000, 'k');
  for (auto const& text : {std::string("name = n\0x", 10), std::string("name = \x1b[2J"),
                           "[" + long_key + "]\n[" + long_key + "]\n"}) {
    auto const message = parse_scenario(text, "x.toml").error().message;
    for (char const c : message) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << text;
    EXPECT_LT(message.size(), 500U);
  }
}

}  // namespace
}  // namespace ostler::simulation

#include "lifecycle/policy/numbers.hpp"

#include <gtest/gtest.h>
#include <limits>
#include <set>

namespace ostler::lifecycle {
namespace {

error refusal(std::string_view key, std::string_view text) {
  numbers values;
  auto const done = set(values, key, text);
  EXPECT_FALSE(done) << key << " = " << text;
  EXPECT_EQ(values, numbers{}) << "a refusal changes nothing";
  return done ? error{} : done.error();
}

TEST(numbers, the_defaults_are_those_of_the_law) {
  numbers const n;
  EXPECT_EQ(n.heartbeat_interval, 30s);
  EXPECT_EQ(n.heartbeat_timeout, 90s);
  EXPECT_EQ(heartbeat_of(n).check(), 30s);
  EXPECT_EQ(n.reconnect_attempts, 5);
  EXPECT_EQ(reconnect_of(n), (backoff{.first = 1s, .factor = 2, .cap = 30s, .jitter = 0.1}));
  EXPECT_EQ(n.registered_limit, 10s);
  EXPECT_EQ(n.service_start_limit, 30s);
  EXPECT_EQ(n.agent_start_limit, 60s);
  EXPECT_EQ(n.container_poll_every, 1s);
  EXPECT_EQ(n.container_poll_attempts, 30);
  EXPECT_EQ(n.stop_grace, 10s);
  EXPECT_EQ(n.cleanup_limit, 15s);
  EXPECT_EQ(start_retries_of(n), start_retries{});
  EXPECT_EQ(restart_intensity_of(n), (intensity{.restarts_max = 5, .window = 60s}));
  EXPECT_EQ(n.events_kept, 10'000);
  EXPECT_EQ(n.events_kept_for, 7 * 24h);
}

TEST(numbers, the_defaults_are_allowed) { EXPECT_TRUE(check(numbers{})); }

TEST(numbers, rules_follow_the_numbers) {
  numbers n;
  n.restart_backoff_first = 2s;
  n.restart_backoff_cap = 3s;
  n.inspect_retry_first = 4s;
  n.remove_retry_cap = 5min;
  n.tree_check_first = 6ms;
  n.start_retries = 1;
  n.start_retry_first = 8s;
  EXPECT_EQ(restart_backoff_of(n).first, 2s);
  EXPECT_EQ(restart_backoff_of(n).cap, 3s);
  EXPECT_EQ(inspect_backoff_of(n).first, 4s);
  EXPECT_EQ(remove_backoff_of(n).cap, 5min);
  EXPECT_EQ(tree_check_of(n).first, 6ms);
  EXPECT_EQ(start_retries_of(n).wait_before(1), 8s);
  EXPECT_EQ(start_retries_of(n).wait_before(2), std::nullopt);
}

TEST(numbers, every_number_reads_back_what_it_writes) {
  for (auto const& each : all_numbers()) {
    numbers values;
    EXPECT_EQ(get(values, each.key), each.preset) << each.key;
    for (auto const& text : {each.preset, each.least, each.most}) {
      EXPECT_TRUE(set(values, each.key, text)) << each.key << " = " << text;
      EXPECT_EQ(get(values, each.key), text) << each.key;
    }
  }
  EXPECT_EQ(get(numbers{}, "nothing").error().code, error_code::value_unknown);
}

TEST(numbers, every_number_refuses_what_is_not_one) {
  for (auto const& each : all_numbers()) {
    for (std::string const text : {"",
                                   " ",
                                   " 1",
                                   "1 ",
                                   "\t5s",
                                   "5s\n",
                                   "-1",
                                   "-5s",
                                   "- 5s",
                                   "+5s",
                                   "NaN",
                                   "nan",
                                   "inf",
                                   "-inf",
                                   "1e999",
                                   "1e",
                                   "0x10",
                                   "abc",
                                   "1,5",
                                   "5 s",
                                   "5sec",
                                   "1s5",
                                   "99999999999999999999",
                                   "99999999999999999999s",
                                   "1;drop",
                                   "١"}) {
      auto const refused = refusal(each.key, text);
      auto const expected =
          each.kind == number_kind::duration ? error_code::duration_invalid : error_code::value_out_of_range;
      EXPECT_EQ(refused.code, expected) << each.key << " = " << text;
      EXPECT_NE(refused.message.find(each.key), std::string::npos);
      EXPECT_NE(refused.message.find("allowed: " + each.least + " to " + each.most), std::string::npos);
      EXPECT_EQ(refused.message.find('\n'), std::string::npos) << "one line, whatever was given";
    }
    EXPECT_LT(refusal(each.key, std::string(100'000, '9')).message.size(), 400U);
    EXPECT_FALSE(refusal(each.key, std::string("5\0s", 3)).message.empty());
  }
}

TEST(numbers, beyond_the_limits_is_refused_with_the_limits) {
  for (auto const& [key, text] :
       {std::pair("heartbeat.interval", "99ms"), std::pair("heartbeat.interval", "2h"),
        std::pair("reconnect.attempts", "1001"), std::pair("liveness.failures", "0"),
        std::pair("reconnect.jitter", "1.01"), std::pair("reconnect.factor", "0.99"),
        std::pair("registered.limit", "0s"), std::pair("registered.limit", "0")}) {
    auto const refused = refusal(key, text);
    EXPECT_EQ(refused.code, error_code::value_out_of_range) << key;
    EXPECT_NE(refused.message.find(std::string("'") + text + "' is out of range; allowed: "),
              std::string::npos)
        << refused.message;
  }
}

TEST(numbers, an_unknown_key_is_answered_with_the_nearest) {
  auto const nearest = [](std::string_view key) {
    auto const refused = refusal(key, "1s");
    EXPECT_EQ(refused.code, error_code::value_unknown);
    return refused.message;
  };
  EXPECT_EQ(nearest("heartbeat.intervall"),
            "there is no number called 'heartbeat.intervall'; did you mean heartbeat.interval?");
  EXPECT_NE(nearest("reconect.cap").find("did you mean reconnect.cap?"), std::string::npos);
  EXPECT_NE(nearest("stop_grace").find("did you mean stop.grace?"), std::string::npos);
  EXPECT_NE(nearest("").find("''"), std::string::npos);
  EXPECT_LT(nearest(std::string(100'000, 'x')).size(), 300U);
  EXPECT_NE(nearest("heartbeat.interval ").find("did you mean heartbeat.interval?"), std::string::npos);
}

TEST(numbers, what_contradicts_itself_is_refused) {
  auto const broken = [](auto change) {
    numbers values;
    change(values);
    auto const done = check(values);
    EXPECT_FALSE(done);
    return done ? std::string() : done.error().message;
  };
  EXPECT_EQ(broken([](numbers& n) { n.heartbeat_interval = 90s; }),
            "heartbeat.timeout must be longer than heartbeat.interval");
  EXPECT_EQ(broken([](numbers& n) { n.reconnect_first = 31s; }),
            "reconnect.cap must be at least reconnect.first");
  EXPECT_EQ(broken([](numbers& n) { n.restart_backoff_first = 31s; }),
            "restart.backoff_cap must be at least restart.backoff_first");
  EXPECT_EQ(broken([](numbers& n) { n.inspect_retry_first = 31s; }),
            "inspect.retry_cap must be at least inspect.retry_first");
  EXPECT_EQ(broken([](numbers& n) { n.remove_retry_first = 11min; }),
            "remove.retry_cap must be at least remove.retry_first");
  EXPECT_EQ(broken([](numbers& n) { n.tree_check_first = 11s; }),
            "tree.check_cap must be at least tree.check_first");
  EXPECT_EQ(broken([](numbers& n) { n.stop_grace = 16s; }), "cleanup.limit must be at least stop.grace");
  EXPECT_EQ(broken([](numbers& n) { n.reconnect_jitter = std::numeric_limits<double>::quiet_NaN(); }),
            "reconnect.jitter: nan is out of range; allowed: 0 to 1");
  EXPECT_EQ(broken([](numbers& n) { n.instances_max = -1; }),
            "instances.max: -1 is out of range; allowed: 1 to 1000000");
}

TEST(numbers, the_reference_names_each_once) {
  auto const page = numbers_reference();
  std::set<std::string_view> keys;
  for (auto const& each : all_numbers()) {
    EXPECT_TRUE(keys.insert(each.key).second) << each.key;
    EXPECT_NE(page.find("`" + std::string(each.key) + "`"), std::string::npos);
    EXPECT_GT(each.what.size(), 10U);
  }
  EXPECT_NE(page.find("| `heartbeat.timeout` | 1m30s |"), std::string::npos);
}

}  // namespace
}  // namespace ostler::lifecycle

// All that is told of agents, in both directions; and agents that we dial again because somebody wants it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <set>

#include "agents/roster.hpp"
#include "agents/test/false_world.hpp"

namespace ostler::agents {
namespace {

using operations::agent_event_kind;
using operations::agent_state;
using test::false_port;
using test::false_world;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view registered = R"({"type":"registered"})";

// One agent called "it", of either direction, that can lose its connection and get another one.
struct one_agent {
  explicit one_agent(bool is_outbound) : outbound(is_outbound) { around.heartbeats = true; }

  void pass(milliseconds time) { around.pass(all, time); }
  // Waits first until it is dialled, when it is one that we dial.
  void come() {
    ports.push_back(std::make_unique<false_port>());
    if (!outbound) {
      auto const key = all.register_agent(*ports.back(), {}, {.name = "it"});
      ASSERT_TRUE(key) << key.error().message;
      stream = *key;
      return;
    }
    auto const before = around.dialled.size();
    if (number == 0) number = all.want({.name = "it", .rules = {}});
    while (around.dialled.size() == before) pass(1s);
    stream = around.dialled.back();
    all.opened(stream, *ports.back());
    ASSERT_TRUE(all.heard(stream, registered));
  }
  void lose() { all.closed(stream, "reset"); }
  agent_state state() { return all.status({}, "it")->state; }

  bool outbound;
  std::vector<std::unique_ptr<false_port>> ports;
  false_world around;
  roster all{around, {}};
  agent_number number = 0;
  stream_key stream;
};

TEST(what_is_told_of_an_agent, is_the_same_in_both_directions) {
  for (bool const outbound : {false, true}) {
    one_agent it(outbound);
    it.come();
    EXPECT_TRUE(it.all.heard(it.stream, R"({"type":"heartbeat"})"));
    EXPECT_TRUE(it.all.heard(it.stream, R"({"type":"error","message":"stuck"})"));
    it.lose();
    it.come();
    it.pass(120s);
    // All attempts: nobody comes, or nobody can be reached.
    for (int i = 0; i < 20 && it.state() != agent_state::lost; ++i) {
      it.pass(15s);
      if (outbound) it.all.failed(it.around.dialled.back(), "refused");
    }
    EXPECT_EQ(it.state(), agent_state::lost);
    EXPECT_TRUE(it.all.stop({}, "it"));
    std::set<agent_event_kind> told;
    for (auto const& each : it.around.events) told.insert(each.type);
    using enum agent_event_kind;
    EXPECT_THAT(told, ElementsAre(started, stopped, status_changed, heartbeat, heartbeat_timeout,
                                  reconnecting, reconnected, reconnect_failed, error))
        << (outbound ? "outbound" : "inbound");
  }
}

TEST(an_agent_server, that_is_over_is_dialled_again_when_somebody_wants_it) {
  one_agent it(true);
  it.come();
  it.all.stop(it.number);
  EXPECT_EQ(it.all.state(it.number), agent_state::stopped);
  it.pass(1h);
  EXPECT_EQ(it.around.dialled.size(), 1U);
  it.all.resume(it.number);
  ASSERT_EQ(it.around.dialled.size(), 2U);
  it.all.failed(it.around.dialled.back(), "refused");
  EXPECT_EQ(it.state(), agent_state::failed);
  EXPECT_THAT(it.all.get({}, "it")->message, HasSubstr("refused"));
  it.all.resume(it.number);
  ASSERT_EQ(it.around.dialled.size(), 3U);
  false_port port;
  it.all.opened(it.around.dialled.back(), port);
  it.all.heard(it.around.dialled.back(), registered);
  EXPECT_EQ(it.state(), agent_state::registered);
  it.all.resume(it.number);
  EXPECT_EQ(it.around.dialled.size(), 3U);
  it.all.forget(it.number);
  EXPECT_FALSE(it.all.state(it.number));
  it.all.resume(it.number);
  it.all.stop(it.number);
}

TEST(an_agent_server, that_waits_for_its_next_attempt_is_dialled_at_once_when_somebody_wants_it) {
  one_agent it(true);
  it.come();
  it.lose();
  EXPECT_EQ(it.around.dialled.size(), 1U);
  it.all.resume(it.number);
  EXPECT_EQ(it.around.dialled.size(), 2U);
  EXPECT_EQ(it.state(), agent_state::reconnecting);
  // One attempt at a time.
  it.all.resume(it.number);
  EXPECT_EQ(it.around.dialled.size(), 2U);
}

TEST(an_agent_server, that_was_given_up_is_found_by_the_work_that_it_could_take) {
  one_agent it(true);
  place const web{.id = instance_id::make({}, 1, 1), .name = "web"};
  auto const number = it.all.want({.name = "server", .in = web, .rules = {}});
  operations::agent_work const work{.instance = "web", .text = "x"};
  EXPECT_FALSE(it.all.given_up({}, work));
  it.all.stop(number);
  EXPECT_EQ(it.all.given_up({}, work), number);
  EXPECT_EQ(it.all.given_up({}, {.instance = "web", .agent = "server", .text = "x"}), number);
  EXPECT_FALSE(it.all.given_up({}, {.instance = "web", .agent = "other", .text = "x"}));
  EXPECT_FALSE(it.all.given_up({}, {.instance = "api", .text = "x"}));
  EXPECT_FALSE(it.all.given_up({.only = instance_id::make({}, 2, 2)}, work));
}

}  // namespace
}  // namespace ostler::agents

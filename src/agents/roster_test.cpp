#include "agents/roster.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>

#include "agents/test/false_world.hpp"

namespace ostler::agents {
namespace {

using operations::agent_state;
using test::false_port;
using test::false_world;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view heartbeat = R"({"type":"heartbeat"})";

struct agents : testing::Test {
  void pass(milliseconds time) { around.pass(all, time); }
  result<stream_key> register_as(std::string name, bool auto_reconnect = true, owner who = {}) {
    ports.push_back(std::make_unique<false_port>());
    return all.register_agent(*ports.back(), std::move(who),
                              {.name = std::move(name),
                               .version = "1.2",
                               .auto_reconnect = auto_reconnect,
                               .capabilities = {"code"}});
  }
  false_port& port() { return *ports.back(); }
  agent_state state(std::string_view name) { return all.status({}, name)->state; }

  // Before the roster, which uses them.
  std::vector<std::unique_ptr<false_port>> ports;
  false_world around;
  roster all{around, {}};
};

// --- that dialled us ---

TEST_F(agents, that_register_are_told_when_to_be_heard) {
  ASSERT_TRUE(register_as("claude"));
  EXPECT_THAT(
      port().sent,
      ElementsAre(
          R"({"type":"registered","id":"agt_1","heartbeat_interval":30000,"heartbeat_timeout":90000})"));
  EXPECT_THAT(around.news(), ElementsAre("started", "connecting to registered"));
  auto const one = all.get({}, "claude");
  ASSERT_TRUE(one);
  EXPECT_EQ(one->version, "1.2");
  EXPECT_EQ(one->state, agent_state::registered);
  EXPECT_TRUE(one->healthy);
  EXPECT_TRUE(one->registered);
  EXPECT_THAT(one->capabilities, ElementsAre("code"));
  EXPECT_EQ(all.get({}, "agt_1")->name, "claude");
}

TEST_F(agents, that_send_heartbeats_stay_healthy) {
  auto const stream = register_as("claude");
  for (int i = 0; i < 20; ++i) {
    pass(30s);
    EXPECT_TRUE(all.heard(*stream, heartbeat));
  }
  EXPECT_TRUE(all.is_healthy({}, "claude")->healthy);
  EXPECT_EQ(all.status({}, "claude")->last_heartbeat, around.now().wall);
  // Who dialled us is sent none.
  EXPECT_EQ(port().sent.size(), 1U);
}

TEST_F(agents, heartbeats_are_told_only_to_who_wants_them) {
  auto const stream = register_as("claude");
  around.news();
  all.heard(*stream, heartbeat);
  EXPECT_THAT(around.news(), IsEmpty());
  around.heartbeats = true;
  all.heard(*stream, heartbeat);
  all.heard(*stream, R"( {"x": [1], "type" : "heartbeat"} )");
  EXPECT_THAT(around.news(), ElementsAre("heartbeat", "heartbeat"));
}

TEST_F(agents, that_fall_silent_are_given_up_and_awaited_until_the_attempts_are_used_up) {
  register_as("claude");
  around.news();
  pass(120s);
  EXPECT_EQ(port().parted, parting::lost);
  EXPECT_EQ(state("claude"), agent_state::reconnecting);
  EXPECT_FALSE(all.health_check({}).healthy);
  auto const news = around.news();
  EXPECT_THAT(news, testing::Contains("heartbeat_timeout"));
  EXPECT_THAT(news, testing::Contains("reconnecting 1/5"));
  EXPECT_THAT(news, testing::Contains("registered to reconnecting"));
  pass(10min);
  EXPECT_EQ(state("claude"), agent_state::lost);
  EXPECT_THAT(around.news(),
              AllOf(testing::Contains("reconnecting 5/5"), testing::Contains("reconnect_failed 5/5"),
                    testing::Contains("reconnecting to lost")));
  EXPECT_EQ(all.get({}, "claude")->error->name, "link_lost");
  EXPECT_FALSE(all.next_wake());
  // And it may come back even so.
  ASSERT_TRUE(register_as("claude"));
  EXPECT_EQ(all.get({}, "claude")->id, "agt_1");
}

TEST_F(agents, that_come_back_are_the_same_whenever_they_come) {
  for (auto const wait : {0ms, 500ms, 5000ms, 30'000ms}) {
    auto const stream = register_as("claude");
    ASSERT_TRUE(stream) << stream.error().message;
    all.closed(*stream, "connection reset");
    around.news();
    pass(wait);
    around.news();
    ASSERT_TRUE(register_as("claude"));
    EXPECT_THAT(around.news(), ElementsAre("reconnected", "reconnecting to registered")) << wait.count();
    EXPECT_EQ(all.get({}, "claude")->id, "agt_1");
    // The end of the former connection is no news.
    all.closed(*stream, "connection reset");
    EXPECT_EQ(state("claude"), agent_state::registered);
  }
  EXPECT_EQ(all.size(), 1U);
}

TEST_F(agents, that_do_not_reconnect_are_lost_at_once) {
  auto const stream = register_as("claude", false);
  around.news();
  all.closed(*stream, "");
  EXPECT_EQ(state("claude"), agent_state::lost);
  EXPECT_THAT(around.news(), ElementsAre("registered to lost"));
}

TEST_F(agents, of_one_owner_and_one_name_replace_each_other) {
  auto const first = register_as("claude");
  auto const second = register_as("claude");
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(ports[0]->parted, parting::replaced);
  EXPECT_FALSE(ports[1]->parted);
  EXPECT_FALSE(all.heard(*first, heartbeat));
  EXPECT_TRUE(all.heard(*second, heartbeat));
  EXPECT_EQ(all.size(), 1U);
}

TEST_F(agents, of_another_owner_do_not_get_a_name_that_is_in_use) {
  owner const other{.actor = "other", .in = {}};
  auto const first = register_as("claude");
  EXPECT_EQ(register_as("claude", true, other).error().code, error_code::name_taken);
  all.closed(*first, "");
  EXPECT_EQ(register_as("claude", true, other).error().code, error_code::name_taken);
  ASSERT_TRUE(all.stop({}, "claude"));
  ASSERT_TRUE(register_as("claude", true, other));
  EXPECT_NE(all.get({}, "claude")->id, "agt_1");
}

TEST_F(agents, that_do_not_reconnect_are_not_replaced_while_they_live) {
  register_as("claude", false);
  EXPECT_EQ(register_as("claude", false).error().code, error_code::name_taken);
}

TEST_F(agents, with_the_same_name_live_in_different_instances) {
  place const web{.id = instance_id::make({}, 1, 1), .name = "web"};
  place const api{.id = instance_id::make({}, 2, 2), .name = "api"};
  ASSERT_TRUE(register_as("claude", true, {.actor = "a", .in = web}));
  ASSERT_TRUE(register_as("claude", true, {.actor = "a", .in = api}));
  EXPECT_EQ(all.get({}, "claude").error().code, error_code::value_unknown);
  EXPECT_EQ(all.get({.only = api.id}, "claude")->instance, "api");
  EXPECT_EQ(all.get({.only = web.id}, "agt_2").error().code, error_code::agent_unknown);
  EXPECT_EQ(all.list({}, {.instance = "web"}).agents.size(), 1U);
  EXPECT_EQ(all.list({}, {.instance = api.id.text()}).agents.size(), 1U);
  EXPECT_EQ(all.count({.only = web.id}).count, 1U);
}

TEST_F(agents, that_unregister_are_gone) {
  auto const stream = register_as("claude");
  around.news();
  EXPECT_FALSE(all.heard(*stream, R"({"type":"unregister"})"));
  EXPECT_EQ(port().parted, parting::stopped);
  EXPECT_THAT(around.news(), ElementsAre("registered to stopped", "stopped"));
  EXPECT_EQ(all.get({}, "claude").error().code, error_code::agent_unknown);
  all.closed(*stream, "");
  EXPECT_FALSE(all.heard(*stream, heartbeat));
  pass(1h);
  EXPECT_EQ(all.size(), 0U);
}

TEST_F(agents, that_break_the_rules_are_refused_and_may_come_again) {
  for (auto const* bad : {"", "x", "{}", R"({"type":7})", R"({"type":"x"})", R"({"type":"registered"})",
                          R"({"type":"register","name":"claude"})", R"({"type":"error","message":7})"}) {
    auto const stream = register_as("claude");
    ASSERT_TRUE(stream);
    EXPECT_FALSE(all.heard(*stream, bad)) << bad;
    EXPECT_EQ(port().parted, parting::malformed) << bad;
    EXPECT_EQ(state("claude"), agent_state::reconnecting);
  }
}

TEST_F(agents, names_are_fit_to_be_shown) {
  for (auto const& bad : {std::string(), std::string(256, 'x'), std::string("a\nb"), std::string("\xff")})
    EXPECT_EQ(register_as(bad).error().code, error_code::name_invalid);
  EXPECT_EQ(all.size(), 0U);
}

TEST_F(agents, errors_are_told_and_a_sign_of_life) {
  auto const stream = register_as("claude");
  around.news();
  EXPECT_TRUE(all.heard(*stream, R"({"type":"error","message":"no more tokens"})"));
  EXPECT_THAT(around.news(), ElementsAre("error"));
  EXPECT_EQ(around.events.back().text, "no more tokens");
  EXPECT_THAT(all.get({}, "claude")->message, HasSubstr("no more tokens"));
  EXPECT_TRUE(all.heard(*stream, R"({"type":"error","message":"red \u001b[31m\n"})"));
  EXPECT_EQ(around.events.back().text, "red  [31m ");
  EXPECT_TRUE(all.heard(*stream, R"({"type":"error","message":")" + std::string(9000, 'x') + R"("})"));
  EXPECT_EQ(around.events.back().text.size(), 4000U);
  EXPECT_EQ(state("claude"), agent_state::registered);
}

TEST_F(agents, whose_connection_takes_no_answer_are_not_registered) {
  ports.push_back(std::make_unique<false_port>());
  port().is_full = true;
  auto const refused = all.register_agent(port(), {}, {.name = "claude"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::link_failed);
  EXPECT_EQ(state("claude"), agent_state::failed);
}

// --- that we dial ---

TEST_F(agents, that_we_dial_are_ready_when_they_say_so) {
  all.want({.name = "server", .rules = {}});
  ASSERT_EQ(around.dialled.size(), 1U);
  false_port dialled;
  all.opened(around.dialled[0], dialled);
  EXPECT_EQ(state("server"), agent_state::connecting);
  EXPECT_TRUE(all.heard(around.dialled[0], R"({"type":"registered"})"));
  EXPECT_EQ(state("server"), agent_state::registered);
  pass(31s);
  EXPECT_THAT(dialled.sent, ElementsAre(heartbeat));
}

TEST_F(agents, that_we_dial_fail_when_they_do_not_say_so_in_time) {
  all.want({.name = "server", .rules = {}});
  false_port dialled;
  all.opened(around.dialled[0], dialled);
  pass(11s);
  EXPECT_EQ(state("server"), agent_state::failed);
  EXPECT_TRUE(dialled.parted);
  EXPECT_EQ(all.get({}, "server")->error->name, "not_registered_in_time");
  EXPECT_THAT(all.get({}, "server")->message, HasSubstr("did not register within 10s"));
}

TEST_F(agents, that_we_dial_fail_when_they_close_or_err_or_speak_before) {
  for (int way = 0; way < 4; ++way) {
    auto const number = all.want({.name = "server", .rules = {}});
    auto const stream = around.dialled.back();
    false_port dialled;
    if (way != 3) all.opened(stream, dialled);
    if (way == 0) all.closed(stream, "");
    if (way == 1) EXPECT_FALSE(all.heard(stream, R"({"type":"error","message":"no"})"));
    if (way == 2) EXPECT_FALSE(all.heard(stream, R"({"type":"message","content":1})"));
    if (way == 3) all.failed(stream, "connection refused");
    EXPECT_EQ(state("server"), agent_state::failed) << way;
    all.forget(number);
  }
}

TEST_F(agents, that_we_dial_are_really_dialled_again) {
  all.want({.name = "server", .rules = {}});
  auto const connect = [&](false_port& port) {
    all.opened(around.dialled.back(), port);
    all.heard(around.dialled.back(), R"({"type":"registered"})");
  };
  false_port first;
  connect(first);
  all.closed(around.dialled.back(), "reset");
  ASSERT_EQ(around.dialled.size(), 1U);
  pass(2s);
  ASSERT_EQ(around.dialled.size(), 2U);
  all.failed(around.dialled.back(), "refused");
  pass(3s);
  ASSERT_EQ(around.dialled.size(), 3U);
  false_port second;
  connect(second);
  EXPECT_EQ(state("server"), agent_state::registered);
  EXPECT_THAT(around.news(), testing::Contains("reconnected"));
  // All attempts, in growing distance.
  all.closed(around.dialled.back(), "reset");
  for (int i = 0; i < 5; ++i) {
    pass(40s);
    all.failed(around.dialled.back(), "refused");
  }
  EXPECT_EQ(state("server"), agent_state::lost);
  EXPECT_EQ(around.dialled.size(), 8U);
}

TEST_F(agents, that_are_no_longer_wanted_are_hung_up_on_when_the_dialling_succeeds_after_all) {
  auto const number = all.want({.name = "server", .rules = {}});
  ASSERT_TRUE(all.stop({}, "server"));
  false_port late;
  all.opened(around.dialled[0], late);
  EXPECT_TRUE(late.parted);
  all.forget(number);
  false_port later;
  all.opened(around.dialled[0], later);
  EXPECT_TRUE(later.parted);
  EXPECT_EQ(all.size(), 0U);
}

// --- what can be asked ---

TEST_F(agents, take_work_and_answer_in_its_session) {
  place const web{.id = instance_id::make({}, 1, 1), .name = "web"};
  auto const stream = register_as("claude", true, {.actor = "a", .in = web});
  auto const work = all.start({}, {.instance = "web", .text = "say \"hi\""});
  ASSERT_TRUE(work) << work.error().message;
  EXPECT_EQ(work->agent, "agt_1");
  EXPECT_EQ(port().sent.back(), R"({"type":"message","session":"ses_2","content":{"text":"say \"hi\""}})");
  EXPECT_TRUE(all.check({}, {.session = work->session}));
  EXPECT_EQ(all.check({}, {.session = "ses_9"}).error().code, error_code::session_unknown);
  EXPECT_EQ(all.check({}, {.agent = "x"}).error().code, error_code::agent_unknown);
  EXPECT_TRUE(all.heard(*stream, R"({"type":"message","session":"ses_2","content":{"text":"hi"}})"));
  EXPECT_EQ(around.news().back(), R"(message {"text":"hi"})");
  EXPECT_EQ(around.events.back().session, "ses_2");
}

TEST_F(agents, work_that_nobody_can_take_is_refused_with_the_reason) {
  place const web{.id = instance_id::make({}, 1, 1), .name = "web"};
  operations::agent_work const work{.instance = "web", .text = "x"};
  EXPECT_EQ(all.start({}, work).error().code, error_code::agent_unknown);
  auto const stream = register_as("claude", true, {.actor = "a", .in = web});
  EXPECT_EQ(all.start({}, {.instance = "web"}).error().code, error_code::usage);
  EXPECT_EQ(all.start({}, {.instance = "api", .text = "x"}).error().code, error_code::agent_unknown);
  port().is_full = true;
  EXPECT_EQ(all.start({}, work).error().code, error_code::link_failed);
  all.closed(*stream, "");
  EXPECT_EQ(all.start({}, work).error().code, error_code::not_registered_in_time);
  ASSERT_TRUE(register_as("claude", true, {.actor = "a", .in = web}));
  ASSERT_TRUE(register_as("codex", true, {.actor = "a", .in = web}));
  EXPECT_EQ(all.start({}, work).error().code, error_code::value_unknown);
  EXPECT_TRUE(all.start({}, {.instance = "web", .agent = "codex", .text = "x"}));
}

TEST_F(agents, are_counted_and_looked_over) {
  auto const claude = register_as("claude");
  register_as("codex");
  register_as("gemini");
  EXPECT_EQ(all.count({}).count, 3U);
  EXPECT_TRUE(all.health_check({}).healthy);
  all.closed(*claude, "");
  EXPECT_EQ(all.count({}).count, 2U);
  EXPECT_EQ(all.health_check({}).count, 3U);
  EXPECT_THAT(all.health_check({}).unhealthy, ElementsAre("claude"));
  EXPECT_EQ(all.list({}, {.healthy = false}).agents.size(), 1U);
  EXPECT_FALSE(all.is_healthy({}, "claude")->healthy);
}

TEST_F(agents, are_stopped_one_by_one_or_all_and_stopping_twice_is_once) {
  register_as("claude");
  register_as("codex");
  around.news();
  EXPECT_EQ(all.stop({}, "codex")->state, agent_state::stopped);
  EXPECT_EQ(all.stop({}, "codex")->state, agent_state::stopped);
  EXPECT_EQ(port().parted, parting::stopped);
  EXPECT_THAT(around.news(), ElementsAre("registered to stopped", "stopped"));
  EXPECT_EQ(all.stop_all({}).agents.size(), 1U);
  EXPECT_EQ(all.count({}).count, 0U);
  EXPECT_TRUE(all.health_check({}).healthy);
  pass(1h);
  EXPECT_EQ(state("claude"), agent_state::stopped);
}

TEST_F(agents, can_be_spoken_for) {
  auto const stream = register_as("claude");
  pass(60s);
  EXPECT_TRUE(all.heartbeat({}, "claude")->healthy);
  pass(60s);
  EXPECT_EQ(state("claude"), agent_state::registered);
  around.news();
  EXPECT_TRUE(all.report_error({}, {.agent = "claude", .message = "stuck"}));
  EXPECT_THAT(around.news(), ElementsAre("error"));
  all.closed(*stream, "");
  EXPECT_EQ(all.heartbeat({}, "claude").error().code, error_code::invalid_state);
  EXPECT_EQ(all.report_error({}, {.agent = "claude", .message = "x"}).error().code,
            error_code::invalid_state);
}

TEST(a_full_roster, forgets_those_that_are_over_and_refuses_only_then) {
  false_world around;
  roster all(around, {.link = {}, .agents_max = 2});
  false_port port;
  ASSERT_TRUE(all.register_agent(port, {}, {.name = "a"}));
  auto const b = all.register_agent(port, {}, {.name = "b", .auto_reconnect = false});
  EXPECT_EQ(all.register_agent(port, {}, {.name = "c"}).error().code, error_code::limit_reached);
  all.closed(*b, "");
  EXPECT_TRUE(all.register_agent(port, {}, {.name = "c"}));
  EXPECT_EQ(all.get({}, "b").error().code, error_code::agent_unknown);
}

TEST(who_is_told, may_ask_and_act) {
  struct asking : false_world {
    void tell(operations::agent_event const& what, place const& where) override {
      false_world::tell(what, where);
      if (what.type == operations::agent_event_kind::started) EXPECT_TRUE(whom->stop({}, what.agent));
    }
    roster* whom = nullptr;
  };
  asking around;
  roster all(around, {});
  around.whom = &all;
  false_port port;
  ASSERT_TRUE(all.register_agent(port, {}, {.name = "a"}));
  EXPECT_THAT(around.news(),
              ElementsAre("started", "connecting to registered", "registered to stopped", "stopped"));
}

}  // namespace
}  // namespace ostler::agents

#include "client/agent.hpp"

#include <array>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "client/test/false_daemon.hpp"
#include "system/fd.hpp"

namespace ostler::client {
namespace {

using test::false_daemon;
using test::peer;
using testing::HasSubstr;
using testing::Pair;
using testing::StartsWith;
using wire::websocket_kind;

// The daemon's side of a registration.
void take_registration(peer& client, milliseconds interval = 30s) {
  EXPECT_THAT(client.upgrade(), StartsWith("GET /api/v1/agents/connect HTTP/1.1\r\n"));
  EXPECT_THAT(client.hear().second, StartsWith(R"({"type":"register","name":"reviewer")"));
  client.say(R"({"type":"registered","id":"agt_1","heartbeat_interval":)" + std::to_string(interval.count()) +
             R"(,"heartbeat_timeout":90000})");
}

agent_options reviewer() { return {.name = "reviewer", .version = "1", .retry_first = 1ms, .limit = 30s}; }

void part(peer& client, wire::websocket_close code, std::string_view why) {
  client.say(websocket_kind::close, wire::websocket_close_payload(code, why));
}

TEST(an_agent, registers_takes_work_and_answers) {
  false_daemon const daemon({[](peer& client) {
    take_registration(client);
    client.say(R"({"type":"of a newer daemon"})");
    client.say(R"({"type":"message","session":"ses_1","content":{"text":"hi"}})");
    EXPECT_THAT(client.hear(),
                Pair(websocket_kind::text, R"({"type":"message","session":"ses_1","content":[1]})"));
    EXPECT_THAT(client.hear().second, HasSubstr(R"("type":"error","message":"tired")"));
    EXPECT_THAT(client.hear().second, HasSubstr("unregister"));
    part(client, wire::websocket_close::normal, "");
  }});
  auto self = agent::connect(daemon.address(), reviewer());
  ASSERT_TRUE(self) << self.error().message;
  EXPECT_EQ(self->id(), "agt_1");
  auto const work = self->receive(30s);
  ASSERT_TRUE(work && *work);
  EXPECT_EQ((*work)->session, "ses_1");
  EXPECT_EQ((*work)->content.text, R"({"text":"hi"})");
  EXPECT_TRUE(self->send({.session = "ses_1", .content = {"[1]"}}));
  EXPECT_TRUE(self->report_error("tired"));
  EXPECT_TRUE(self->unregister());
  EXPECT_EQ(self->send({}).error().code, error_code::link_lost);
}

TEST(an_agent, beats_while_it_waits) {
  false_daemon const daemon({[](peer& client) {
    take_registration(client, 5ms);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(client.hear().second, R"({"type":"heartbeat"})");
    client.say(R"({"type":"message","session":"s"})");
    client.await_end();
  }});
  auto self = agent::connect(daemon.address(), reviewer());
  ASSERT_TRUE(self);
  auto const work = self->receive(-1ms);
  EXPECT_TRUE(work && *work);
}

TEST(an_agent, that_loses_the_daemon_registers_again) {
  false_daemon const daemon({[](peer& client) { take_registration(client); },
                             // It is on its way up.
                             [](peer& client) { client.request(); },
                             [](peer& client) {
                               take_registration(client);
                               part(client, wire::websocket_close::going_away, "restarting");
                             },
                             [](peer& client) {
                               take_registration(client);
                               client.say(R"({"type":"message","session":"after"})");
                               client.await_end();
                             }});
  auto self = agent::connect(daemon.address(), reviewer());
  ASSERT_TRUE(self);
  auto const work = self->receive(-1ms);
  ASSERT_TRUE(work && *work) << work.error().message;
  EXPECT_EQ((*work)->session, "after");
}

TEST(an_agent, that_was_stopped_or_does_not_reconnect_stays_away) {
  {
    false_daemon const daemon({[](peer& client) {
      take_registration(client);
      part(client, wire::websocket_close::normal, "it was stopped");
    }});
    auto self = agent::connect(daemon.address(), reviewer());
    ASSERT_TRUE(self);
    auto const stopped = self->receive(-1ms);
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, error_code::cancelled);
    EXPECT_THAT(stopped.error().message, HasSubstr("it was stopped"));
  }
  false_daemon const daemon({[](peer& client) { take_registration(client); }});
  auto options = reviewer();
  options.auto_reconnect = false;
  auto self = agent::connect(daemon.address(), options);
  ASSERT_TRUE(self);
  auto const lost = self->receive(-1ms);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, error_code::link_lost);
}

TEST(an_agent, gives_up_when_its_attempts_are_used_up) {
  whereabouts::daemon_address where;
  result<agent> self = fail(error_code::cancelled, "");
  {
    false_daemon const daemon({[](peer& client) { take_registration(client); }});
    where = daemon.address();
    self = agent::connect(where, reviewer());
    ASSERT_TRUE(self);
  }
  auto const lost = self->receive(-1ms);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, error_code::link_lost);
  EXPECT_THAT(lost.error().message, HasSubstr("no daemon answers"));
}

TEST(an_agent, that_is_refused_hears_why) {
  {
    false_daemon const daemon({[](peer& client) {
      client.upgrade();
      client.hear();
      part(client, wire::websocket_close::policy, "the name is taken");
    }});
    auto const refused = agent::connect(daemon.address(), reviewer());
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("the name is taken"));
  }
  for (auto const* answer :
       {"x", "{}", R"({"type":"registered","id":"a"})", R"({"type":"message","session":"s"})"}) {
    false_daemon const daemon({[&](peer& client) {
      client.upgrade();
      client.hear();
      client.say(answer);
      client.await_end();
    }});
    EXPECT_FALSE(agent::connect(daemon.address(), reviewer())) << answer;
  }
}

TEST(an_agent, that_receives_nothing_in_time_or_is_stopped_from_here_says_so) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  system::fd const read_end(ends[0]);
  system::fd write_end(ends[1]);
  false_daemon const daemon({[](peer& client) {
    take_registration(client);
    client.await_end();
  }});
  auto options = reviewer();
  options.stop_fd = read_end.get();
  auto self = agent::connect(daemon.address(), options);
  ASSERT_TRUE(self);
  auto const nothing = self->receive(5ms);
  EXPECT_TRUE(nothing && !*nothing);
  write_end.reset();
  auto const stopped = self->receive(-1ms);
  EXPECT_TRUE(stopped && !*stopped);
}

}  // namespace
}  // namespace ostler::client

#include "client/events.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "client/test/false_daemon.hpp"

namespace ostler::client {
namespace {

using test::false_daemon;
using test::peer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string update(std::uint64_t seq) {
  return fmt::format(R"({{"type":"lifecycle:update","seq":{},"event":{{"seq":{}}}}})", seq, seq);
}
std::string snapshot(std::uint64_t seq) {
  return fmt::format(R"({{"type":"status","seq":{},"instances":[]}})", seq);
}

std::string shown(event_news const& news) {
  if (auto const* told = std::get_if<operations::snapshot>(&news))
    return fmt::format("snapshot {}", told->seq);
  if (auto const* told = std::get_if<operations::lifecycle_update>(&news))
    return fmt::format("update {}", told->seq);
  if (auto const* told = std::get_if<events_resumed>(&news)) return fmt::format("resumed {}", told->after);
  if (auto const* told = std::get_if<events_missed>(&news)) return fmt::format("missed {}", told->after);
  return "interrupted";
}

struct followed {
  std::vector<std::string> heard;
  result<void> ended;
};

// Until that update is heard.
followed follow(false_daemon const& daemon, std::uint64_t last,
                operations::event_subscription const& wanted = {}) {
  followed out;
  auto const last_one = fmt::format("update {}", last);
  out.ended = follow_events(daemon.address(), wanted, [&](event_news const& news) {
    out.heard.push_back(shown(news));
    return out.heard.back() == last_one ? flow::stop : flow::go_on;
  });
  return out;
}

TEST(events, begin_with_everything_as_it_is) {
  std::string asked;
  {
    false_daemon const daemon({[&](peer& client) {
      asked = client.upgrade();
      client.say(snapshot(7));
      client.say(R"({"type":"of a newer daemon"})");
      client.say(update(8));
      client.await_end();
    }});
    EXPECT_THAT(follow(daemon, 8).heard, ElementsAre("snapshot 7", "update 8"));
  }
  EXPECT_THAT(asked, HasSubstr("GET /api/v1/events HTTP/1.1"));
}

TEST(events, go_on_behind_the_last_one_when_the_daemon_was_restarted) {
  std::string asked;
  {
    false_daemon const daemon({[](peer& client) {
                                 client.upgrade();
                                 client.say(snapshot(7));
                                 client.say(update(8));
                               },
                               // It dies while it answers.
                               [](peer& client) { client.request(); },
                               [&](peer& client) {
                                 asked = client.upgrade();
                                 // What was heard before is not told again.
                                 client.say(update(8));
                                 client.say(update(9));
                                 client.await_end();
                               }});
    EXPECT_THAT(follow(daemon, 9).heard,
                ElementsAre("snapshot 7", "update 8", "interrupted", "resumed 8", "update 9"));
  }
  EXPECT_THAT(asked, HasSubstr("GET /api/v1/events?after=8 HTTP/1.1"));
}

// They have no number of their own, and bear that of the newest event.
TEST(events, that_are_not_kept_are_told_as_they_come) {
  false_daemon const daemon({[](peer& client) {
    client.upgrade();
    client.say(snapshot(7));
    client.say(R"({"type":"lifecycle:update","seq":7,"event":{"seq":0,"type":"link.heartbeat"}})");
    client.say(update(8));
    client.await_end();
  }});
  EXPECT_THAT(follow(daemon, 8, {.heartbeats = true}).heard,
              ElementsAre("snapshot 7", "update 7", "update 8"));
}

TEST(events, go_on_when_the_reader_was_too_slow) {
  false_daemon const daemon({[](peer& client) {
                               client.upgrade();
                               client.say(update(4));
                               client.say(R"({"type":"lagged","last_seq":4})");
                               client.await_end();
                             },
                             [](peer& client) {
                               client.upgrade();
                               client.say(update(5));
                               client.await_end();
                             }});
  EXPECT_THAT(follow(daemon, 5, {.after = 3}).heard,
              ElementsAre("update 4", "interrupted", "resumed 4", "update 5"));
}

TEST(events, that_the_daemon_no_longer_knows_are_said_to_be_missed) {
  std::string asked;
  {
    false_daemon const daemon({[](peer& client) {
                                 client.upgrade();
                                 client.say(snapshot(7));
                               },
                               [](peer& client) {
                                 client.request();
                                 client.answer(410, R"({"error":{"code":"P0116","message":"gone"}})");
                               },
                               [&](peer& client) {
                                 asked = client.upgrade();
                                 client.say(snapshot(90));
                                 client.say(update(91));
                                 client.await_end();
                               }});
    EXPECT_THAT(follow(daemon, 91).heard,
                ElementsAre("snapshot 7", "interrupted", "missed 7", "snapshot 90", "update 91"));
  }
  EXPECT_THAT(asked, Not(HasSubstr("after=")));
}

TEST(a_subscription, that_is_refused_ends_with_the_refusal) {
  false_daemon const daemon({[](peer& client) {
    client.request();
    client.answer(410, R"({"error":{"code":"P0116","message":"gone"}})");
  }});
  auto const refused = follow(daemon, 1, {.after = 1});
  ASSERT_FALSE(refused.ended);
  EXPECT_EQ(refused.ended.error().code, error_code::events_forgotten);
  EXPECT_THAT(refused.heard, ElementsAre());
}

TEST(following, ends_when_nobody_answers_for_too_long) {
  result<void> ended;
  std::vector<std::string> heard;
  {
    whereabouts::daemon_address where;
    {
      false_daemon const daemon({[](peer& client) {
        client.upgrade();
        client.say(snapshot(1));
      }});
      where = daemon.address();
      ended = follow_events(where, {},
                            [&](event_news const& news) {
                              heard.push_back(shown(news));
                              return flow::go_on;
                            },
                            {.patience = 50ms});
    }
  }
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, error_code::daemon_unreachable);
  EXPECT_THAT(heard, ElementsAre("snapshot 1", "interrupted"));
}

TEST(a_daemon, that_says_nothing_is_asked_and_then_counts_as_lost) {
  std::vector<std::string> heard;
  false_daemon const daemon({[](peer& client) {
    client.upgrade();
    client.say(snapshot(1));
    EXPECT_EQ(client.hear().first, wire::websocket_kind::ping);
    client.await_end();
  }});
  auto const ended = follow_events(daemon.address(), {},
                                   [&](event_news const& news) {
                                     heard.push_back(shown(news));
                                     return flow::go_on;
                                   },
                                   {.patience = 0ms, .ping_after = 10ms, .silence_max = 50ms});
  ASSERT_FALSE(ended);
  EXPECT_THAT(ended.error().message, HasSubstr("said nothing for 50ms"));
}

}  // namespace
}  // namespace ostler::client

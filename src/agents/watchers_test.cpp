#include "agents/watchers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

namespace ostler::agents {
namespace {

using operations::agent_event_kind;
using testing::HasSubstr;

operations::agent_event event(agent_event_kind kind) {
  return {.type = kind, .agent = "agt_1", .session = "ses_1"};
}

TEST(a_watcher, hears_what_it_asked_for_and_may_see) {
  place const web{.id = instance_id::make({}, 1, 1), .name = "web"};
  auto const hears = [&](viewer who, operations::agent_subscription wanted, agent_event_kind kind) {
    watchers all;
    int count = 0;
    all.add(who, std::move(wanted), [&](std::string_view json) {
      EXPECT_THAT(json, HasSubstr(R"("agent":"agt_1")"));
      ++count;
      return true;
    });
    all.tell(event(kind), web);
    return count == 1;
  };
  EXPECT_TRUE(hears({}, {}, agent_event_kind::started));
  EXPECT_TRUE(hears({.only = web.id}, {.agent = "agt_1", .session = "ses_1"}, agent_event_kind::message));
  EXPECT_FALSE(hears({.only = instance_id::make({}, 2, 2)}, {}, agent_event_kind::started));
  EXPECT_FALSE(hears({}, {.agent = "agt_2"}, agent_event_kind::started));
  EXPECT_FALSE(hears({}, {.session = "ses_2"}, agent_event_kind::message));
  EXPECT_FALSE(hears({}, {}, agent_event_kind::heartbeat));
  EXPECT_TRUE(hears({}, {.heartbeats = true}, agent_event_kind::heartbeat));
}

TEST(a_watcher, that_is_too_slow_is_dropped_and_holds_up_nobody) {
  watchers all;
  int quick = 0;
  auto const slow = all.add({}, {.heartbeats = true}, [](std::string_view) { return false; });
  all.add({}, {}, [&](std::string_view) { return ++quick > 0; });
  EXPECT_TRUE(all.wants_heartbeats());
  all.tell(event(agent_event_kind::started), {});
  all.tell(event(agent_event_kind::started), {});
  EXPECT_EQ(quick, 2);
  EXPECT_EQ(all.size(), 1U);
  EXPECT_FALSE(all.wants_heartbeats());
  all.remove(slow);
  EXPECT_EQ(all.size(), 1U);
}

}  // namespace
}  // namespace ostler::agents

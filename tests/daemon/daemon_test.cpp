// What the daemon says of itself and of what happened.
#include <gtest/gtest.h>

#include "tests/daemon/joined.hpp"

namespace ostler::test {
namespace {

using namespace operations;

TEST(the_daemon, says_how_it_is) {
  joined all;
  all.up("web", {playing("server", {"wait"})});
  auto const said = all.ask<operations::status>({});
  ASSERT_TRUE(said) << said.error().message;
  EXPECT_EQ(said->message, "Running, 1 instance");
  EXPECT_EQ(said->version.version, "1.2.3");
  EXPECT_EQ(said->oldest_seq, 1U);
  EXPECT_GT(said->seq, 1U);
  ASSERT_EQ(said->instances.size(), 1U);
  EXPECT_EQ(said->instances.front().state, instance_state::running);
  EXPECT_TRUE(all.ask<operations::health>({})->healthy);
  EXPECT_EQ(all.ask<operations::version>({})->version, "1.2.3");
  all.middle().refuse_changes("it is on its way down");
  EXPECT_FALSE(all.ask<operations::health>({})->healthy);
  EXPECT_EQ(all.ask<operations::status>({})->message, "it is on its way down");
}

TEST(what_happened, is_told_in_its_order_and_without_a_gap) {
  joined all;
  auto const web = all.up("web", {playing("server", {"wait"})});
  auto const newest = all.ask<events_list>({.limit = 3});
  ASSERT_TRUE(newest) << newest.error().message;
  ASSERT_EQ(newest->events.size(), 3U);
  EXPECT_EQ(newest->events.back().seq, newest->last_seq);
  std::uint64_t after = 0;
  std::vector<event> all_of_them;
  for (;;) {
    event_query asked{.limit = 2};
    if (after == 0) asked.since.ago = std::chrono::hours(1);
    asked.after = after;
    auto const part = all.ask<events_list>(asked);
    ASSERT_TRUE(part) << part.error().message;
    all_of_them.insert(all_of_them.end(), part->events.begin(), part->events.end());
    after = part->last_seq;
    if (!part->more) break;
  }
  ASSERT_GE(all_of_them.size(), newest->last_seq);
  for (std::size_t i = 0; i < all_of_them.size(); ++i) EXPECT_EQ(all_of_them[i].seq, i + 1);
  EXPECT_EQ(all_of_them.front().type, "daemon.recovered");
  EXPECT_EQ(all_of_them.at(1).type, "instance.defined");
  auto const some = all.ask<events_list>({.instance = web.id.text(), .type = {"service.*"}});
  ASSERT_TRUE(some);
  for (auto const& each : some->events) EXPECT_TRUE(each.type.starts_with("service."));
  EXPECT_FALSE(some->events.empty());
  EXPECT_EQ(all.ask<events_list>({.instance = "wob"}).error().code, error_code::instance_unknown);
}

}  // namespace
}  // namespace ostler::test

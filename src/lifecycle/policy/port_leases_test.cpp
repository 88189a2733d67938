#include "lifecycle/policy/port_leases.hpp"

#include <gtest/gtest.h>
#include <set>

#include "base/chance.hpp"

namespace ostler::lifecycle {
namespace {

constexpr instant start = instant{} + 1h;

TEST(port_leases, the_hash_chooses_and_the_choice_is_stable) {
  port_leases ports;
  EXPECT_EQ(ports.take("p/a/web", 42, start), 10'042);
  EXPECT_EQ(ports.take("p/a/web", 99, start), 10'042) << "leased: the same again";
  ports.release("p/a/web");
  EXPECT_EQ(ports.take("p/a/web", 42, start), 10'042) << "free: the same again";
  EXPECT_EQ(ports.holder(10'042), "p/a/web");
  EXPECT_EQ(ports.holder(10'043), "");
}

TEST(port_leases, a_taken_port_moves_on_to_the_next_and_around_the_end) {
  port_leases ports({.first = 100, .last = 102});
  EXPECT_EQ(ports.take("a", 2, start), 102);
  EXPECT_EQ(ports.take("b", 2, start), 100);
  EXPECT_EQ(ports.take("c", 2, start), 101);
  auto const refused = ports.take("d", 2, start);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::ports_exhausted);
  EXPECT_NE(refused.error().message.find("between 100 and 102 for d"), std::string::npos);
}

TEST(port_leases, a_busy_port_is_passed_over_until_its_time) {
  port_leases ports({.first = 100, .last = 101});
  ports.mark_busy(100, start + 10s);
  EXPECT_EQ(ports.take("a", 0, start), 101);
  EXPECT_FALSE(ports.take("b", 0, start + 9s));
  EXPECT_EQ(ports.take("b", 0, start + 10s), 100);
}

TEST(port_leases, insisting_names_the_holder) {
  port_leases ports;
  EXPECT_EQ(ports.insist("p/a/db", 5432), 5432);
  EXPECT_EQ(ports.insist("p/a/db", 5432), 5432);
  auto const refused = ports.insist("p/b/db", 5432);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::port_taken);
  EXPECT_EQ(refused.error().message, "port 5432 is leased to p/a/db, and p/b/db asked for it");
  EXPECT_EQ(ports.insist("p/a/db", 0).error().code, error_code::value_out_of_range);
}

TEST(port_leases, insisting_on_another_port_gives_the_old_one_up) {
  port_leases ports;
  auto const chosen = ports.take("a", 7, start);
  ASSERT_TRUE(chosen);
  EXPECT_EQ(ports.insist("a", 12'000), 12'000);
  EXPECT_EQ(ports.holder(*chosen), "");
  EXPECT_EQ(ports.take("a", 7, start), 12'000);
}

TEST(port_leases, a_refused_insistence_keeps_the_old_port) {
  port_leases ports;
  ASSERT_TRUE(ports.insist("a", 80));
  ASSERT_TRUE(ports.insist("b", 81));
  EXPECT_FALSE(ports.insist("b", 80));
  EXPECT_EQ(ports.holder(81), "b");
}

TEST(port_leases, are_restored_from_their_list) {
  port_leases ports;
  ASSERT_TRUE(ports.take("a", 1, start));
  ASSERT_TRUE(ports.insist("b", 5432));
  port_leases again;
  for (auto const& [key, port] : ports.leases()) ASSERT_TRUE(again.insist(key, port));
  EXPECT_EQ(again, ports);
}

TEST(port_leases, an_empty_range_has_no_ports) {
  port_leases ports({.first = 101, .last = 100});
  EXPECT_FALSE(ports.take("a", 0, start));
}

TEST(port_leases, a_random_walk_never_gives_a_port_twice) {
  chance dice(4);
  port_leases ports({.first = 100, .last = 140});
  for (int i = 0; i < 20'000; ++i) {
    auto const key = "k" + std::to_string(dice.below(60));
    auto const now = start + seconds(i);
    switch (dice.below(4)) {
      case 0: ports.release(key); break;
      case 1: ports.mark_busy(static_cast<std::uint16_t>(100 + dice.below(41)), now + 5s); break;
      case 2: (void)ports.insist(key, static_cast<std::uint16_t>(90 + dice.below(60))); break;
      default: (void)ports.take(key, dice.bits(), now); break;
    }
    std::set<std::uint16_t> given;
    for (auto const& [who, port] : ports.leases()) {
      ASSERT_TRUE(given.insert(port).second);
      ASSERT_EQ(ports.holder(port), who);
    }
  }
}

}  // namespace
}  // namespace ostler::lifecycle

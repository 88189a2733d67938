// Ports of one instance, among strangers that come and go.
#include "keeper/probes/port_book.hpp"

#include <gtest/gtest.h>
#include <map>
#include <set>

namespace ostler::keeper {
namespace {

using kind = listener_owner::kind;

port_wish automatic(std::string service) {
  return {.service = std::move(service), .port = {.kind = wire::port_kind::automatic}};
}
port_wish fixed(std::string service, std::uint16_t port) {
  return {.service = std::move(service), .port = {.kind = wire::port_kind::fixed, .number = port}};
}

struct a_machine {
  std::map<std::uint16_t, listener_owner> listeners;
  // Bound, but nobody listens.
  std::set<std::uint16_t> bound;

  port_book book(lifecycle::port_range range = {.first = 10'000, .last = 10'009}) {
    return {
        range,
        "shop/fix-login",
        {.free = [this](std::uint16_t port) { return !listeners.contains(port) && !bound.contains(port); },
         .who =
             [this](std::uint16_t port) {
               auto const found = listeners.find(port);
               return found == listeners.end() ? listener_owner{.who = kind::nobody} : found->second;
             }}};
  }
};

std::uint16_t only(result<std::vector<allotted_port>> const& made) {
  EXPECT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->size(), 1U);
  return made->front().port;
}

TEST(a_port_book, gives_the_same_port_to_the_same_name_wherever_it_starts_from) {
  a_machine machine;
  port_wish const web[] = {automatic("web")};
  port_wish const both[] = {automatic("web"), {.service = "job"}, automatic("db")};
  auto first = machine.book();
  auto second = machine.book();
  auto const port = only(first.allot(web, {}));
  auto const made = second.allot(both, {}).value();
  ASSERT_EQ(made.size(), 2U);
  EXPECT_EQ(made[0].port, port);
  EXPECT_NE(made[1].port, port);
  EXPECT_EQ(only(first.allot(web, {})), port);
}

TEST(a_port_book, passes_over_what_is_busy) {
  a_machine machine;
  port_wish const web[] = {automatic("web")};
  auto const port = only(machine.book().allot(web, {}));
  machine.bound = {port};
  auto book = machine.book();
  auto const made = book.allot(web, {}).value().front();
  EXPECT_EQ(made.port, port == 10'009 ? 10'000 : port + 1);
  EXPECT_EQ(made.moved, "");
}

TEST(a_port_book, keeps_what_was_allotted_unless_a_stranger_listens_there) {
  a_machine machine;
  port_wish const web[] = {automatic("web")};
  kept_port const kept[] = {{.service = "web", .port = 15'000}, {.service = "gone", .port = 10'001}};
  auto book = machine.book();
  book.restore(kept);
  for (auto const who : {kind::ours, kind::unknown, kind::nobody}) {
    machine.listeners[15'000] = {.who = who};
    EXPECT_EQ(only(book.allot(web, {})), 15'000);
  }
  EXPECT_EQ(book.ports(), (std::vector<kept_port>{{.service = "web", .port = 15'000}}));
  machine.listeners[15'000] = {.who = kind::stranger, .pid = 77};
  auto const moved = book.allot(web, {}).value().front();
  EXPECT_TRUE(moved.port >= 10'000 && moved.port <= 10'009);
  EXPECT_EQ(moved.moved,
            "web gets port " + std::to_string(moved.port) + ": 15000, which it had, is held by process 77");
  // From now on that is its port.
  machine.listeners.clear();
  auto const again = book.allot(web, {}).value().front();
  EXPECT_EQ(again.port, moved.port);
  EXPECT_EQ(again.moved, "");
}

TEST(a_port_book, moves_who_has_a_choice_out_of_the_way_of_who_has_none) {
  a_machine machine;
  kept_port const kept[] = {{.service = "web", .port = 10'003}};
  port_wish const wishes[] = {automatic("web"), fixed("db", 10'003)};
  auto book = machine.book();
  book.restore(kept);
  auto const made = book.allot(wishes, {}).value();
  EXPECT_NE(made[0].port, 10'003);
  EXPECT_TRUE(made[0].moved.ends_with("10003, which it had, is held by shop/fix-login/db")) << made[0].moved;
  EXPECT_EQ(made[1], (allotted_port{.service = "db", .port = 10'003}));
}

TEST(a_port_book, names_who_holds_a_fixed_port_and_leaves_all_as_it_was) {
  a_machine machine;
  auto book = machine.book();
  kept_port const kept[] = {{.service = "web", .port = 10'003}};
  book.restore(kept);
  port_wish const wishes[] = {automatic("web"), fixed("db", 5432)};
  machine.listeners[5432] = {.who = kind::stranger, .pid = 99};
  auto const stranger = book.allot(wishes, {});
  ASSERT_FALSE(stranger);
  EXPECT_EQ(stranger.error().code, error_code::port_taken);
  EXPECT_EQ(stranger.error().message, "port 5432, which the service db asks for, is held by process 99");
  EXPECT_EQ(book.ports(), (std::vector<kept_port>{{.service = "web", .port = 10'003}}));
  for (auto const who : {kind::unknown, kind::stranger}) {
    machine.listeners[5432] = {.who = who};
    EXPECT_EQ(book.allot(wishes, {}).error().message,
              "port 5432, which the service db asks for, is held by a process that cannot be told");
  }
  machine.listeners.clear();
  machine.bound = {5432};
  EXPECT_EQ(book.allot(wishes, {}).error().code, error_code::port_taken);
}

TEST(a_port_book, leaves_a_fixed_port_to_the_service_that_is_there_already) {
  a_machine machine;
  auto book = machine.book();
  port_wish const wishes[] = {fixed("db", 5432)};
  machine.listeners[5432] = {.who = kind::ours};
  EXPECT_EQ(only(book.allot(wishes, {})), 5432);
  machine.listeners[5432] = {.who = kind::unknown};
  EXPECT_EQ(only(book.allot(wishes, {})), 5432);
}

TEST(a_port_book, refuses_the_same_fixed_port_twice_and_the_port_0) {
  a_machine machine;
  auto book = machine.book();
  port_wish const twice[] = {fixed("a", 80), fixed("b", 80)};
  EXPECT_EQ(book.allot(twice, {}).error().message,
            "port 80 is leased to shop/fix-login/a, and shop/fix-login/b asked for it");
  port_wish const zero[] = {fixed("a", 0)};
  EXPECT_EQ(book.allot(zero, {}).error().code, error_code::value_out_of_range);
}

TEST(a_port_book, says_when_there_is_none_left) {
  a_machine machine;
  auto book = machine.book({.first = 10'000, .last = 10'002});
  machine.bound = {10'001};
  port_wish const wishes[] = {automatic("a"), automatic("b"), automatic("c")};
  auto const made = book.allot(wishes, {});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, error_code::ports_exhausted);
  EXPECT_EQ(
      made.error().message,
      "no port is free between 10000 and 10002 for shop/fix-login/c: 2 are leased, 1 are in use by others");
  EXPECT_TRUE(book.ports().empty());
}

}  // namespace
}  // namespace ostler::keeper

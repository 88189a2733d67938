// A queue between coroutines: in order, bounded, and nobody sleeps through what was put.
#include "async/mailbox.hpp"

#include <boost/asio/post.hpp>
#include <gtest/gtest.h>
#include <memory>
#include <vector>

#include "async/cancelled.hpp"
#include "async/scope.hpp"
#include "async/test/loop.hpp"

namespace ostler::async {
namespace {

namespace asio = boost::asio;

task<void> take_all(mailbox<int>* from, std::vector<int>* into) {
  while (auto const value = co_await from->take()) into->push_back(*value);
}

task<void> put_all(mailbox<int>* to, int count) {
  for (int value = 0; value < count; ++value) EXPECT_TRUE(co_await to->put_when_room(value));
  to->close();
}

TEST(a_mailbox, passes_all_in_order_through_little_room) {
  test::loop loop;
  mailbox<int> box(loop.where(), 3, when_full::refuse);
  scope both(loop.where(), [](auto, auto) { FAIL(); });
  std::vector<int> seen;
  ASSERT_TRUE(both.spawn("take", [&] { return take_all(&box, &seen); }));
  ASSERT_TRUE(both.spawn("put", [&] { return put_all(&box, 1000); }));
  loop.run(test::others_run());
  ASSERT_EQ(seen.size(), 1000U);
  for (int at = 0; at < 1000; ++at) EXPECT_EQ(seen[static_cast<std::size_t>(at)], at);
  loop.run(both.close(0ms));
}

TEST(a_mailbox, keeps_what_was_put_before_anybody_came) {
  test::loop loop;
  mailbox<std::unique_ptr<int>> box(loop.where(), 3, when_full::refuse);
  EXPECT_EQ(box.put(std::make_unique<int>(5)), put_outcome::taken);
  auto const got = loop.run(box.take());
  ASSERT_TRUE(got);
  EXPECT_EQ(**got, 5);
}

TEST(a_mailbox, refuses_or_drops_the_oldest_when_it_is_full) {
  test::loop loop;
  mailbox<int> refusing(loop.where(), 2, when_full::refuse);
  mailbox<int> dropping(loop.where(), 2, when_full::drop_oldest);
  for (int value : {1, 2, 3}) {
    EXPECT_EQ(refusing.put(value), value == 3 ? put_outcome::full : put_outcome::taken);
    EXPECT_EQ(dropping.put(value), put_outcome::taken);
  }
  EXPECT_EQ(dropping.dropped(), 1U);
  EXPECT_EQ(loop.run(refusing.take()), 1);
  EXPECT_EQ(loop.run(dropping.take()), 2);
}

TEST(a_mailbox, gives_the_rest_after_it_was_closed_and_then_nothing) {
  test::loop loop;
  mailbox<int> box(loop.where(), 2, when_full::refuse);
  static_cast<void>(box.put(1));
  box.close();
  EXPECT_EQ(box.put(2), put_outcome::closed);
  EXPECT_EQ(loop.run(box.take()), 1);
  EXPECT_EQ(loop.run(box.take()), std::nullopt);
  EXPECT_FALSE(loop.run(box.put_when_room(3)));
}

TEST(a_mailbox, wakes_who_waits_when_it_is_closed) {
  test::loop loop;
  mailbox<int> box(loop.where(), 2, when_full::refuse);
  asio::post(loop.where(), [&] { box.close(); });
  EXPECT_EQ(loop.run(box.take()), std::nullopt);
}

TEST(a_mailbox, lets_who_waits_be_cancelled) {
  test::loop loop;
  mailbox<int> box(loop.where(), 2, when_full::refuse);
  loop.cancel_next();
  EXPECT_THROW(static_cast<void>(loop.run(box.take())), std::exception);
}

}  // namespace
}  // namespace ostler::async

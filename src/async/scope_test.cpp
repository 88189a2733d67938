// A scope owns what it started: it knows the names, tells what failed, and ends only when all has ended.
#include "async/scope.hpp"

#include <boost/asio/experimental/as_tuple.hpp>
#include <gtest/gtest.h>
#include <stdexcept>

#include "async/cancelled.hpp"
#include "async/test/loop.hpp"

namespace ostler::async {
namespace {

namespace asio = boost::asio;
using reports = std::vector<std::pair<std::string, std::string>>;

scope::reporter into(reports& all) {
  return [&all](std::string_view name, std::exception_ptr const& why) {
    try {
      std::rethrow_exception(why);
    } catch (std::exception const& failed) {
      all.emplace_back(name, failed.what());
    }
  };
}

// Ends when it is asked, and says so.
task<void> polite(std::vector<std::string>* said) {
  co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
  asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
  co_await timer.async_wait(asio::experimental::as_tuple(asio::use_awaitable));
  said->emplace_back("asked");
}

task<void> stubborn(std::vector<std::string>* said) {
  asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
  co_await timer.async_wait(asio::experimental::as_tuple(asio::use_awaitable));
  said->emplace_back("made to");
}

task<void> throws() {
  co_await test::others_run();
  throw std::runtime_error("broken");
}

task<void> measure(std::string const* text, std::size_t* size) {
  co_await test::others_run();
  *size = text->size();
}

task<void> close_and_count(scope* one, milliseconds grace, int* closed) {
  co_await one->close(grace);
  ++*closed;
}

TEST(a_scope, stops_one_and_leaves_the_others) {
  test::loop loop;
  reports reported;
  std::vector<std::string> said;
  scope owner(loop.where(), into(reported));
  auto first = owner.spawn_stoppable("first", [&] { return stubborn(&said); });
  auto const second = owner.spawn_stoppable("second", [&] { return stubborn(&said); });
  ASSERT_TRUE(first && second);
  auto const stop_first = [&]() -> task<void> {
    co_await test::others_run();
    first->stop();
    co_await test::others_run();
    EXPECT_EQ(owner.names(), std::vector<std::string>{"second"});
    first->stop();
    co_await owner.close(0ms);
  };
  loop.run(stop_first());
  EXPECT_EQ(said.size(), 2U);
  EXPECT_TRUE(reported.empty());
  first->stop();
}

TEST(a_scope, asks_waits_insists_and_waits) {
  test::loop loop;
  reports reported;
  std::vector<std::string> said;
  scope owner(loop.where(), into(reported));
  ASSERT_TRUE(owner.spawn("stubborn", [&] { return stubborn(&said); }));
  ASSERT_TRUE(owner.spawn("polite", [&] { return polite(&said); }));
  EXPECT_EQ(owner.names(), (std::vector<std::string>{"stubborn", "polite"}));
  loop.run(owner.close(20ms));
  EXPECT_EQ(said, (std::vector<std::string>{"asked", "made to"}));
  EXPECT_EQ(owner.size(), 0U);
  EXPECT_TRUE(reported.empty());
}

TEST(a_scope, refuses_when_it_is_closed) {
  test::loop loop;
  scope owner(loop.where(), [](auto, auto) {});
  loop.run(owner.close(0ms));
  EXPECT_TRUE(owner.closing());
  EXPECT_FALSE(owner.spawn("late", [] { return test::wait_for_ever(); }));
}

TEST(a_scope, reports_by_name_what_was_thrown_and_no_cancellation) {
  test::loop loop;
  reports reported;
  scope owner(loop.where(), into(reported));
  ASSERT_TRUE(owner.spawn("bad", [] { return throws(); }));
  ASSERT_TRUE(owner.spawn("cancelled", [] { return test::wait_for_ever(); }));
  loop.run(owner.close(1ms));
  EXPECT_EQ(reported, (reports{{"bad", "broken"}}));
}

TEST(a_scope, keeps_what_the_work_captured_until_its_end) {
  test::loop loop;
  scope owner(loop.where(), [](auto, auto) {});
  auto held = std::make_unique<std::string>(1000, 'x');
  std::size_t seen = 0;
  auto work = [&seen, text = std::move(held)] { return measure(text.get(), &seen); };
  ASSERT_TRUE(owner.spawn("captures", std::move(work)));
  // It ends by itself: the loop runs until nothing is left.
  loop.run(test::others_run());
  EXPECT_EQ(seen, 1000U);
  loop.run(owner.close(0ms));
}

TEST(a_scope, may_be_closed_by_several_who_all_wait) {
  test::loop loop;
  scope owner(loop.where(), [](auto, auto) {});
  scope closers(loop.where(), [](auto, auto) {});
  int closed = 0;
  ASSERT_TRUE(owner.spawn("one", [] { return test::wait_for_ever(); }));
  for (auto const grace : {5ms, 50ms})
    ASSERT_TRUE(closers.spawn("closer", [&, grace] { return close_and_count(&owner, grace, &closed); }));
  loop.run(test::others_run());
  EXPECT_EQ(closed, 2);
  loop.run(closers.close(0ms));
}

TEST(a_scope, is_closed_also_when_the_closer_is_cancelled_meanwhile) {
  test::loop loop;
  scope owner(loop.where(), [](auto, auto) {});
  ASSERT_TRUE(owner.spawn("one", [] { return test::wait_for_ever(); }));
  loop.cancel_next();
  loop.run(owner.close(10ms));
  EXPECT_EQ(owner.size(), 0U);
}

TEST(a_scope_death, is_not_destroyed_while_something_of_it_runs) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(
      {
        test::loop loop;
        scope owner(loop.where(), [](auto, auto) {});
        static_cast<void>(owner.spawn("left", [] { return test::wait_for_ever(); }));
      },
      "a scope is closed before it is destroyed");
}

}  // namespace
}  // namespace ostler::async

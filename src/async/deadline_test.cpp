// Work with a limit: it is in time, or it is cancelled and its end awaited.
#include "async/deadline.hpp"

#include <boost/asio/experimental/as_tuple.hpp>
#include <gtest/gtest.h>
#include <stdexcept>

#include "async/cancelled.hpp"
#include "async/test/loop.hpp"

namespace ostler::async {
namespace {

namespace asio = boost::asio;

task<result<int>> at_once(int value) { co_return value; }

task<result<int>> never(bool* ended) {
  asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
  co_await timer.async_wait(asio::experimental::as_tuple(asio::use_awaitable));
  *ended = true;
  // Reached in spite of the cancellation: an await from here on would throw.
  co_return fail(error_code::link_failed, "gave up half way");
}

task<result<int>> late_but_done() {
  asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
  co_await timer.async_wait(asio::experimental::as_tuple(asio::use_awaitable));
  co_return 7;
}

task<result<int>> for_ever() {
  co_await test::wait_for_ever();
  co_return 0;
}

task<result<int>> throws() {
  co_await test::others_run();
  throw std::runtime_error("broken");
}

TEST(a_deadline, gives_what_came_in_time) {
  test::loop loop;
  EXPECT_EQ(loop.run(with_deadline<int>(60s, "think", at_once(42))).value(), 42);
}

TEST(a_deadline, cancels_the_work_and_waits_for_its_end) {
  test::loop loop;
  bool ended = false;
  auto const answer = loop.run(with_deadline<int>(5ms, "think of web", never(&ended)));
  EXPECT_TRUE(ended);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, error_code::timed_out);
  EXPECT_EQ(answer.error().message, "think of web took longer than 5ms");
  EXPECT_EQ(answer.error().detail, "gave up half way");
}

TEST(a_deadline, says_timed_out_of_work_that_threw_because_it_was_cancelled) {
  test::loop loop;
  EXPECT_EQ(loop.run(with_deadline<int>(5ms, "think", for_ever())).error().code, error_code::timed_out);
}

TEST(a_deadline, gives_what_was_done_although_it_was_late) {
  test::loop loop;
  EXPECT_EQ(loop.run(with_deadline<int>(5ms, "think", late_but_done())).value(), 7);
}

TEST(a_deadline, lets_exceptions_through) {
  test::loop loop;
  EXPECT_THROW(loop.run(with_deadline<int>(60s, "think", throws())), std::runtime_error);
}

TEST(a_deadline, ends_at_once_when_the_caller_is_cancelled) {
  test::loop loop;
  loop.cancel_next();
  try {
    static_cast<void>(loop.run(with_deadline<int>(600s, "think", for_ever())));
    FAIL() << "it was not cancelled";
  } catch (...) {
    EXPECT_TRUE(is_cancellation(std::current_exception()));
  }
}

}  // namespace
}  // namespace ostler::async

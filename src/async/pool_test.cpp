// Blocking work goes to a thread and its answer comes home.
#include "async/pool.hpp"

#include <condition_variable>
#include <gtest/gtest.h>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "async/deadline.hpp"
#include "async/scope.hpp"
#include "async/test/loop.hpp"

namespace ostler::async {
namespace {

// Until it is asked to stop.
result<int> patient(std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  woken.wait(lock, stop, [] { return false; });
  return fail(error_code::cancelled, "asked to stop");
}

task<result<std::thread::id>> where_it_runs(pool* workers, std::thread::id* after) {
  auto work = [](std::stop_token) -> result<std::thread::id> { return std::this_thread::get_id(); };
  auto const seen = co_await workers->run(work);
  *after = std::this_thread::get_id();
  co_return seen;
}

task<void> count_up(pool* workers, int* sum) {
  for (int job = 0; job < 20; ++job) {
    auto one = [](std::stop_token) -> result<int> { return 1; };
    auto const got = co_await workers->run(one);
    *sum += got.value();
  }
}

task<void> wait_or_be_refused(pool* workers, std::vector<error_code>* ends) {
  auto const got = co_await workers->run(patient);
  ends->push_back(got.error().code);
}

TEST(a_pool, works_elsewhere_and_comes_home) {
  test::loop loop;
  pool workers(2);
  std::thread::id after;
  auto const seen = loop.run(where_it_runs(&workers, &after));
  EXPECT_NE(seen.value(), std::this_thread::get_id());
  EXPECT_EQ(after, std::this_thread::get_id());
  EXPECT_EQ(workers.jobs(), 0U);
}

TEST(a_pool, gives_errors_and_throws_what_was_thrown) {
  test::loop loop;
  pool workers(1);
  auto failing = [](std::stop_token) -> result<int> { return fail(error_code::storage_full, "no room"); };
  auto throwing = [](std::stop_token) -> result<int> { throw std::runtime_error("broken"); };
  EXPECT_EQ(loop.run(workers.run(failing)).error().code, error_code::storage_full);
  EXPECT_THROW(static_cast<void>(loop.run(workers.run(throwing))), std::runtime_error);
}

TEST(a_pool, asks_the_work_to_stop_and_waits_for_it) {
  test::loop loop;
  pool workers(1);
  auto const answer = loop.run(with_deadline<int>(5ms, "wait", workers.run(patient)));
  EXPECT_EQ(answer.error().code, error_code::timed_out);
  EXPECT_EQ(answer.error().detail, "asked to stop");
  EXPECT_EQ(workers.jobs(), 0U);
}

TEST(a_pool, does_many_jobs_of_many_callers) {
  test::loop loop;
  pool workers(4);
  scope callers(loop.where(), [](auto, auto) { FAIL(); });
  int sum = 0;
  for (int caller = 0; caller < 50; ++caller)
    ASSERT_TRUE(callers.spawn("caller", [&] { return count_up(&workers, &sum); }));
  loop.run(test::others_run());
  EXPECT_EQ(sum, 1000);
  loop.run(callers.close(0ms));
}

TEST(a_pool, refuses_more_than_may_wait) {
  test::loop loop;
  pool workers(1, 1);
  scope callers(loop.where(), [](auto, auto) { FAIL(); });
  std::vector<error_code> refused;
  for (int caller = 0; caller < 3; ++caller)
    ASSERT_TRUE(callers.spawn("caller", [&] { return wait_or_be_refused(&workers, &refused); }));
  loop.run(callers.close(5ms));
  ASSERT_EQ(refused.size(), 3U);
  EXPECT_EQ(refused.front(), error_code::system_exhausted);
}

}  // namespace
}  // namespace ostler::async

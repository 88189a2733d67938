#include "async/deadline.hpp"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

#include "async/cancelled.hpp"

namespace ostler::async {

namespace asio = boost::asio;

task<ending> race(milliseconds limit, task<void> work) {
  auto const where = co_await asio::this_coro::executor;
  asio::steady_timer timer(where, limit);
  // `||` would wait for the first success; this ends with the first end, and waits for the other.
  auto group = asio::experimental::make_parallel_group(asio::co_spawn(where, std::move(work), asio::deferred),
                                                       timer.async_wait(asio::deferred));
  auto const [order, thrown, timer_ended] =
      co_await group.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  bool const time_is_up = order[0] == 1 && !timer_ended;
  if (thrown && !(time_is_up && is_cancellation(thrown))) std::rethrow_exception(thrown);
  co_return time_is_up ? ending::out_of_time : ending::in_time;
}

}  // namespace ostler::async

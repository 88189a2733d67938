#include "answers/first_end.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

namespace ostler::answers {

namespace asio = boost::asio;

async::task<void> first_end(async::task<void> one, async::task<void> other) {
  auto const where = co_await asio::this_coro::executor;
  auto group =
      asio::experimental::make_parallel_group(asio::co_spawn(where, std::move(one), asio::deferred),
                                              asio::co_spawn(where, std::move(other), asio::deferred));
  auto const [order, first, second] =
      co_await group.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  // The other one was cancelled by us.
  auto const thrown = order[0] == 0 ? first : second;
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace ostler::answers

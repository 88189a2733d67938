#include "control/http/watching.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

#include "async/cancelled.hpp"

namespace ostler::control::http {

namespace asio = boost::asio;

namespace {

async::task<void> gone(stream* client) {
  for (;;) {
    co_await client->readable();
    auto const seen = client->peek();
    if (seen == stream::outcome::ended) co_return;
    if (seen == stream::outcome::later) continue;
    // The next request is there already, and behind it nothing can be seen.
    asio::steady_timer for_ever(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    co_await for_ever.async_wait(asio::use_awaitable);
  }
}

}  // namespace

async::task<bool> while_there(stream* client, async::task<void> work) {
  auto const where = co_await asio::this_coro::executor;
  auto watch = gone(client);
  auto group =
      asio::experimental::make_parallel_group(asio::co_spawn(where, std::move(work), asio::deferred),
                                              asio::co_spawn(where, std::move(watch), asio::deferred));
  auto const [order, thrown, watch_thrown] =
      co_await group.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  bool const left = order[0] == 1 && !watch_thrown;
  if (thrown && !(left && async::is_cancellation(thrown))) std::rethrow_exception(thrown);
  co_return !left;
}

}  // namespace ostler::control::http

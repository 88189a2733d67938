#include "control/sweeper.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "system/clock.hpp"

namespace ostler::control {

namespace asio = boost::asio;

void sweeper::ask_to_leave() {
  for (auto* one : all_) one->leave();
}

void sweeper::judge() {
  for (auto* one : all_) one->judge();
}

void sweeper::instance_gone(instance_id const& which) {
  for (auto* one : all_) one->instance_gone(which);
}

async::task<void> sweeper::run() {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (;;) {
    timer.expires_after(period_);
    co_await timer.async_wait(asio::use_awaitable);
    auto const now = system::now();
    for (auto* one : all_) one->look(now);
  }
}

}  // namespace ostler::control

// An event loop for one test: runs a coroutine to its end and gives what it gave.
#pragma once

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include "async/task.hpp"
#include "base/instant.hpp"

namespace ostler::async::test {

// Longer than anything here takes, also on a busy machine under a sanitizer.
inline constexpr auto generous = std::chrono::seconds(60);

class loop {
 public:
  home where() { return io_.get_executor(); }

  // Throws what it throws. Everything that was started must have ended, or the test says so.
  template <class T> T run(task<T> todo) {
    std::optional<T> answer;
    run(keep(std::move(todo), &answer));
    return std::move(*answer);
  }

  void run(task<void> todo) {
    std::exception_ptr thrown;
    bool ended = false;
    io_.restart();
    boost::asio::co_spawn(io_, std::move(todo),
                          boost::asio::bind_cancellation_slot(signal_.slot(), [&](std::exception_ptr why) {
                            thrown = std::move(why);
                            ended = true;
                          }));
    io_.run_for(generous);
    if (!ended) throw std::runtime_error("the coroutine did not end");
    if (!io_.stopped()) throw std::runtime_error("something goes on after the coroutine has ended");
    if (thrown) std::rethrow_exception(thrown);
  }

  // What is run next is cancelled when it has come to wait for something.
  void cancel_next() {
    cancel_.expires_after(std::chrono::milliseconds(5));
    cancel_.async_wait(
        [this](boost::system::error_code) { signal_.emit(boost::asio::cancellation_type::terminal); });
  }

 private:
  template <class T> static task<void> keep(task<T> todo, std::optional<T>* answer) {
    answer->emplace(co_await std::move(todo));
  }

  boost::asio::io_context io_{1};
  boost::asio::cancellation_signal signal_;
  boost::asio::steady_timer cancel_{io_};
};

// Lets all that is ready run once.
inline task<void> others_run() {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, std::chrono::milliseconds(0));
  co_await timer.async_wait(boost::asio::use_awaitable);
}

// Never ends by itself.
inline task<void> wait_for_ever() {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor,
                                  boost::asio::steady_timer::time_point::max());
  co_await timer.async_wait(boost::asio::use_awaitable);
}

}  // namespace ostler::async::test

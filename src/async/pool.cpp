#include "async/pool.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <fmt/format.h>

namespace ostler::async {
namespace {

namespace asio = boost::asio;

// One job in the air. Its handler is called, and its slot touched, at home only.
template <class Handler> struct call {
  call(home const& where, Handler to) : back(where), guard(where), handler(std::move(to)) {}
  home back;
  // The loop has work as long as we have.
  asio::executor_work_guard<home> guard;
  Handler handler;
  std::stop_source stop;
};

}  // namespace

struct pool::state {
  state(std::size_t threads, std::size_t waiting) : count(threads), waiting_max(waiting), workers(threads) {}
  std::size_t count;
  std::size_t waiting_max;
  // Counted at home only.
  std::size_t jobs = 0;
  asio::thread_pool workers;
};

pool::pool(std::size_t threads, std::size_t waiting_max)
    : state_(std::make_unique<state>(threads, waiting_max)) {}

pool::~pool() { state_->workers.join(); }

std::size_t pool::jobs() const { return state_->jobs; }

task<result<void>> pool::run_job(job todo) {
  if (state_->jobs >= state_->count + state_->waiting_max)
    co_return fail(error_code::system_exhausted, fmt::format("{} jobs already wait for one of {} threads",
                                                             state_->waiting_max, state_->count));
  auto const where = home(co_await asio::this_coro::executor);
  auto* const workers = &state_->workers;
  ++state_->jobs;
  auto start = [where, workers](auto handler, job work) {
    using held = call<decltype(handler)>;
    // Shared by the thread that works and by the slot that may ask it to stop.
    auto one = std::make_shared<held>(where, std::move(handler));
    auto slot = asio::get_associated_cancellation_slot(one->handler);
    if (slot.is_connected())
      slot.assign([stop = one->stop](asio::cancellation_type) mutable { stop.request_stop(); });
    asio::post(*workers, [one = std::move(one), todo_here = std::move(work)]() mutable {
      std::exception_ptr thrown;
      try {
        todo_here(one->stop.get_token());
      } catch (...) {
        thrown = std::current_exception();
      }
      auto const back = one->back;
      asio::post(back, [one = std::move(one), thrown]() mutable {
        asio::get_associated_cancellation_slot(one->handler).clear();
        auto finish = std::move(one->handler);
        one.reset();
        finish(thrown);
      });
    });
  };
  std::exception_ptr thrown;
  try {
    co_await asio::async_initiate<asio::use_awaitable_t<> const, void(std::exception_ptr)>(
        std::move(start), asio::use_awaitable, std::move(todo));
  } catch (...) {
    thrown = std::current_exception();
  }
  --state_->jobs;
  if (thrown) std::rethrow_exception(thrown);
  co_return result<void>{};
}

}  // namespace ostler::async

#include "async/scope.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>
#include <utility>

#include "async/cancelled.hpp"
#include "base/ensure.hpp"

namespace ostler::async {
namespace {

namespace asio = boost::asio;
using clock = asio::steady_timer::clock_type;

}  // namespace

struct stopper::running {
  std::string name;
  asio::cancellation_signal signal;
  bool ended = false;
};

void stopper::stop() {
  // Held while it is told: what it hears may end it at once.
  auto const one = one_.lock();
  if (one && !one->ended) one->signal.emit(asio::cancellation_type::terminal);
}

struct scope::state {
  using running = stopper::running;

  state(home where, reporter to) : home_of(std::move(where)), report(std::move(to)) {}

  using place = std::list<std::shared_ptr<running>>::iterator;

  void ended(place one, std::exception_ptr const& why) {
    (*one)->ended = true;
    if (why && !is_cancellation(why)) report((*one)->name, why);
    // The frame that has just ended still points into the signal, so it goes in a later turn.
    asio::post(home_of, [this, one] {
      all.erase(one);
      if (!all.empty()) return;
      for (auto* waiting : closers) waiting->cancel();
    });
  }

  void emit(asio::cancellation_type how) {
    // What hears it may end at once, but it is erased only in a later turn: the list stays as it is.
    for (auto& one : all)
      if (!one->ended) one->signal.emit(how);
  }

  task<void> drained(clock::time_point until) {
    asio::steady_timer timer(home_of);
    auto const place = closers.insert(closers.end(), &timer);
    // A timer is no condition variable: what is waited for is looked at again, whatever woke us.
    while (!all.empty() && clock::now() < until) {
      timer.expires_at(until);
      co_await timer.async_wait(asio::experimental::as_tuple(asio::use_awaitable));
    }
    closers.erase(place);
  }

  home home_of;
  reporter report;
  std::list<std::shared_ptr<running>> all;
  std::list<asio::steady_timer*> closers;
  bool closing = false;
};

scope::scope(home where, reporter report)
    : state_(std::make_unique<state>(std::move(where), std::move(report))) {}

scope::~scope() {
  ensure(state_->all.empty() && state_->closers.empty(), "a scope is closed before it is destroyed");
}

bool scope::spawn(std::string name, work todo) {
  return spawn_stoppable(std::move(name), std::move(todo)).has_value();
}

std::optional<stopper> scope::spawn_stoppable(std::string name, work todo) {
  if (state_->closing) return std::nullopt;
  auto const one = state_->all.insert(state_->all.end(), std::make_shared<stopper::running>());
  (*one)->name = std::move(name);
  stopper handle(*one);
  auto* const owner = state_.get();
  auto finished = [owner, one](std::exception_ptr const& why) { owner->ended(one, why); };
  // Bound to our executor, so that an emission from elsewhere comes home first.
  auto bound = asio::bind_executor(owner->home_of, std::move(finished));
  asio::co_spawn(owner->home_of, std::move(todo),
                 asio::bind_cancellation_slot((*one)->signal.slot(), std::move(bound)));
  return handle;
}

task<void> scope::close(milliseconds grace) {
  bool const threw = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  state_->closing = true;
  state_->emit(asio::cancellation_type::total);
  co_await state_->drained(clock::now() + grace);
  state_->emit(asio::cancellation_type::terminal);
  co_await state_->drained(clock::time_point::max());
  co_await asio::this_coro::throw_if_cancelled(threw);
}

std::size_t scope::size() const { return state_->all.size(); }

std::vector<std::string> scope::names() const {
  std::vector<std::string> names;
  for (auto const& one : state_->all)
    if (!one->ended) names.push_back(one->name);
  return names;
}

bool scope::closing() const { return state_->closing; }

}  // namespace ostler::async

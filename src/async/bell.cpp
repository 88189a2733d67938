#include "async/bell.hpp"

#include <boost/asio/experimental/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <cstdint>

#include "async/cancelled.hpp"
#include "base/ensure.hpp"

namespace ostler::async {

namespace asio = boost::asio;

namespace {

class listener {
 public:
  explicit listener(std::size_t& count) : count_(count) { ++count_; }
  listener(listener const&) = delete;
  listener& operator=(listener const&) = delete;
  ~listener() { --count_; }

 private:
  std::size_t& count_;
};

}  // namespace

struct bell::state {
  explicit state(home const& where) : timer(where, asio::steady_timer::time_point::max()) {}
  asio::steady_timer timer;
  std::uint64_t rings = 0;
  std::size_t listeners = 0;
};

bell::bell(home const& where) : state_(std::make_unique<state>(where)) {}

bell::~bell() { ensure(state_->listeners == 0, "nobody listens to a bell that is destroyed"); }

void bell::ring() {
  ++state_->rings;
  state_->timer.cancel();
}

task<void> bell::heard() {
  auto const before = state_->rings;
  // Also counted back when the await throws because we were cancelled before.
  listener const counted(state_->listeners);
  co_await state_->timer.async_wait(asio::experimental::as_tuple(asio::use_awaitable));
  if (state_->rings == before) throw_cancelled();
}

}  // namespace ostler::async

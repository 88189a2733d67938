#include "agents/links.hpp"

#include <algorithm>
#include <boost/asio/experimental/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <utility>

#include "agents/incoming.hpp"
#include "async/deadline.hpp"
#include "base/ensure.hpp"

namespace ostler::agents {
namespace {

namespace asio = boost::asio;

// Of the timer when nothing is due.
constexpr milliseconds rest_max = 60s;

struct agent_kind {
  static constexpr std::string_view prefix = "agt_";
};
struct agent_session_kind {
  static constexpr std::string_view prefix = "ses_";
};

template <class Kind> std::string new_id(links::clock const& what_time) {
  auto const when = what_time();
  return id<Kind>::make(when.wall, when.luck, what_time().luck).text();
}

// The roster is told of the end of a connection however its coroutine ends, also by a cancellation: the port
// it holds goes away with the connection.
class ending {
 public:
  ending(roster& all, stream_key stream) : all_(all), stream_(stream) {}
  ending(ending const&) = delete;
  ending& operator=(ending const&) = delete;
  ~ending() { all_.closed(stream_, why); }

  std::string why = "the daemon ended it";

 private:
  roster& all_;
  stream_key stream_;
};

}  // namespace

links::links(async::home where, clock what_time, async::scope::reporter report, roster_rules const& rules)
    : clock_(std::move(what_time)),
      registered_limit_(rules.link.registered_limit),
      timer_(where),
      changed_(where),
      running_(where, std::move(report)),
      roster_(*this, rules) {
  ensure(running_.spawn("the time of the agents", [this] { return keep_time(); }), "a new scope takes work");
}

links::~links() = default;

async::task<void> links::close(milliseconds grace) {
  closing_ = true;
  timer_.cancel();
  roster_.stop_all({});
  co_await running_.close(grace);
}

// --- time ---

async::task<void> links::keep_time() {
  while (!closing_) {
    armed_ = roster_.next_wake();
    auto const now = clock_().now;
    auto const rest = std::clamp<nanoseconds>(armed_.value_or(now + rest_max) - now, 0ns, rest_max);
    timer_.expires_after(rest);
    // Woken early it looks again; cancelled for good, the next await throws.
    co_await timer_.async_wait(asio::experimental::as_tuple(asio::use_awaitable));
    roster_.wake();
  }
}

void links::look_at_time() {
  auto const next = roster_.next_wake();
  if (next && (!armed_ || *next < *armed_)) timer_.cancel();
}

// --- connections ---

async::task<void> links::serve(text_socket* socket, owner who) {
  auto const stream = co_await await_registration(socket, std::move(who));
  if (!stream) co_return;
  look_at_time();
  co_await converse(socket, *stream);
  look_at_time();
}

async::task<result<stream_key>> links::await_registration(text_socket* socket, owner who) {
  auto receiving = socket->receive();
  auto const first =
      co_await async::with_deadline(registered_limit_, "the registration of an agent", std::move(receiving));
  if (!first) {
    socket->close(parting::too_late, first.error().message);
    co_return std::unexpected(first.error());
  }
  if (!*first) co_return fail(error_code::link_failed, "an agent went away before it registered");
  auto const said = read_incoming(**first);
  auto const* what = said ? std::get_if<operations::agent_register>(&*said) : nullptr;
  if (what == nullptr) {
    socket->close(parting::malformed,
                  said ? "the first message of an agent is `register`" : said.error().message);
    co_return fail(error_code::message_malformed, "an agent did not begin with `register`");
  }
  auto const taken = roster_.register_agent(*socket, std::move(who), *what);
  if (!taken) socket->close(parting::refused, taken.error().message);
  co_return taken;
}

async::task<void> links::converse(text_socket* socket, stream_key stream) {
  ending at_the_end(roster_, stream);
  for (;;) {
    auto const text = co_await socket->receive();
    if (!text || !*text) {
      at_the_end.why = text ? "" : text.error().message;
      co_return;
    }
    bool const goes_on = roster_.heard(stream, **text);
    look_at_time();
    if (goes_on) continue;
    at_the_end.why.clear();
    co_return;
  }
}

agent_number links::connect(outbound_agent what, dialer dial) {
  beginning_ = std::make_shared<dialer>(std::move(dial));
  auto const number = roster_.want(std::move(what));
  dialers_[number] = std::exchange(beginning_, nullptr);
  look_at_time();
  return number;
}

void links::resume(agent_number which) {
  roster_.resume(which);
  look_at_time();
}

void links::stop(agent_number which) { roster_.stop(which); }

void links::forget(agent_number which) {
  roster_.forget(which);
  dialers_.erase(which);
}

void links::dial(stream_key stream) {
  auto const known = dialers_.find(stream.agent);
  auto one = known == dialers_.end() ? beginning_ : known->second;
  // False while closing: nobody waits for the answer then.
  static_cast<void>(running_.spawn(
      fmt::format("agent {}", stream.agent),
      [this, stream, one = std::move(one)] { return dialled(stream, one, registered_limit_); }));
}

async::task<void> links::dialled(stream_key stream, std::shared_ptr<dialer> dial, milliseconds limit) {
  auto dialling = (*dial)();
  auto const socket = co_await async::with_deadline(limit, "reaching the agent", std::move(dialling));
  if (!socket) {
    roster_.failed(stream, socket.error().message);
    look_at_time();
    co_return;
  }
  roster_.opened(stream, **socket);
  look_at_time();
  co_await converse(socket->get(), stream);
  look_at_time();
}

// --- what is told and asked ---

std::string links::new_agent_id() { return new_id<agent_kind>(clock_); }
std::string links::new_session_id() { return new_id<agent_session_kind>(clock_); }

void links::tell(operations::agent_event const& what, place const& where) {
  if (what.type != operations::agent_event_kind::heartbeat) changed_.ring();
  if (hear_) hear_(what);
  watchers_.tell(what, where);
}

async::task<result<operations::task>> links::start(viewer who, operations::agent_work work) {
  auto const end = clock_().now + work.wait;
  for (bool dialled_again = false;;) {
    auto done = roster_.start(who, work);
    if (done || done.error().code != error_code::not_registered_in_time) co_return done;
    if (auto const one = roster_.given_up(who, work)) {
      if (std::exchange(dialled_again, true)) co_return done;
      resume(*one);
      continue;
    }
    auto const left = std::chrono::ceil<milliseconds>(end - clock_().now);
    if (left <= 0ms) co_return done;
    auto waiting = changed_.heard();
    co_await async::race(left, std::move(waiting));
  }
}

result<watcher_number> links::watch(viewer who, operations::agent_subscription wanted, watchers::taker take) {
  if (auto const fine = roster_.check(who, wanted); !fine) return std::unexpected(fine.error());
  // An agent keeps its id when it comes back.
  if (!wanted.agent.empty()) wanted.agent = roster_.get(who, wanted.agent)->id;
  return watchers_.add(who, std::move(wanted), std::move(take));
}

}  // namespace ostler::agents

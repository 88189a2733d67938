#include "control/server.hpp"

#include <boost/asio/experimental/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "async/cancelled.hpp"
#include "base/ensure.hpp"
#include "control/http/connection.hpp"
#include "control/http/response.hpp"
#include "control/parts.hpp"
#include "system/clock.hpp"
#include "system/moment.hpp"

namespace ostler::control {

namespace asio = boost::asio;
using system::fd;

namespace {

// How long to wait when the machine has run out of descriptors or memory: some end meanwhile.
constexpr auto breath = 100ms;
// How often callers that have not asked for long are forgotten.
constexpr auto forget_period = 60s;

bool is_ours(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == 0 || peer.uid == ::geteuid();
}

// Counts one connection for as long as it lives.
class counted {
 public:
  explicit counted(std::uint64_t& count) : count_(&count) { ++count; }
  counted(counted&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
  counted(counted const&) = delete;
  counted& operator=(counted const&) = delete;
  counted& operator=(counted&&) = delete;
  ~counted() {
    if (count_ != nullptr) --*count_;
  }

 private:
  std::uint64_t* count_;
};

async::task<void> serve(std::unique_ptr<http::connection> one, [[maybe_unused]] counted while_open) {
  co_await one->run();
}

async::task<void> wait_for(milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace

struct server::state {
  // Listens for as long as it is not closed.
  struct open_door {
    open_door(async::home const& where, listener from)
        : socket(where, from.socket.release()), door(from.door), path(std::move(from.path)) {}
    asio::posix::stream_descriptor socket;
    door_kind door;
    std::string path;
  };

  state(async::home const& where, bindings& answers, limits numbers, instance_finder find,
        async::scope::reporter const& report)
      : shared(where, answers, numbers, std::move(find), report), upkeep(where, report) {}

  async::task<void> accept(open_door* at) {
    for (;;) {
      auto const [failed] = co_await at->socket.async_wait(asio::posix::descriptor_base::wait_read,
                                                           asio::experimental::as_tuple(asio::use_awaitable));
      if (failed) async::throw_cancelled();
      bool all = false;
      while (!all) {
        fd taken(::accept4(at->socket.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (taken) {
          take(std::move(taken), at->door);
          continue;
        }
        all = errno == EAGAIN || errno == EWOULDBLOCK;
        bool const exhausted = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
        // All others are about the one that was to be taken, and that one is gone.
        if (exhausted) co_await wait_for(breath);
      }
    }
  }

  void take(fd taken, door_kind door) {
    auto& counts = shared.counts;
    bool const is_tcp = door == door_kind::tcp;
    auto& open = is_tcp ? counts.open_tcp : counts.open_unix;
    ++counts.connections;
    if (!is_tcp && !is_ours(taken.get())) {
      ++counts.refused_peers;
      return;
    }
    if (open >= (is_tcp ? shared.limit.tcp_connections : shared.limit.unix_connections)) {
      ++counts.refused_full;
      return say_full(taken.get());
    }
    int const yes = 1;
    if (is_tcp) ::setsockopt(taken.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    auto one = std::make_unique<http::connection>(shared, stream(shared.where, std::move(taken)), door);
    [[maybe_unused]] bool const started =
        shared.running.spawn("connection", [one = std::move(one), held = counted(open)]() mutable {
          return serve(std::move(one), std::move(held));
        });
  }

  // One try: whoever does not read it finds the connection ended.
  static void say_full(int socket) {
    static auto const text = [] {
      auto const body = http::refusal_text(
          {.code = error_code::system_exhausted, .message = "too many connections are open; close some"}, {});
      auto head = http::write_head({.status = 503,
                                    .media = "application/json",
                                    .size = body.size(),
                                    .keep_alive = false,
                                    .more = "Retry-After: 1\r\n"});
      return head + body;
    }();
    [[maybe_unused]] auto const sent = ::send(socket, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  async::task<void> forget_callers() {
    for (;;) {
      co_await wait_for(forget_period);
      shared.callers.forget_idle(system::now());
      shared.strangers.forget_idle(system::now());
    }
  }

  parts shared;
  std::vector<std::unique_ptr<open_door>> doors;
  // Outlives the connections, which need the flusher and the sweeper to end in good order.
  async::scope upkeep;
  async::scope accepting{shared.where, shared.report};
};

server::server(async::home where, bindings& answers, limits numbers, instance_finder find,
               async::scope::reporter report)
    : state_(std::make_unique<state>(where, answers, numbers, std::move(find), report)) {
  ensure(answers.missing().empty(), "every operation is bound before the door is made");
}

server::~server() = default;

void server::open(std::vector<listener> listeners) {
  auto* const all = state_.get();
  bool started = all->upkeep.spawn("sweeper", [all] { return all->shared.sweep.run(); }) &&
                 all->upkeep.spawn("flusher", [all] { return all->shared.flush.run(); }) &&
                 all->upkeep.spawn("rates", [all] { return all->forget_callers(); });
  for (auto& one : listeners) {
    if (one.door == door_kind::tcp)
      for (auto& authority : authorities_of(one.port))
        all->shared.authorities.push_back(std::move(authority));
    auto* const made =
        all->doors.emplace_back(std::make_unique<state::open_door>(all->shared.where, std::move(one))).get();
    started = started && all->accepting.spawn("listener", [all, made] { return all->accept(made); });
  }
  ensure(started, "a server is opened once, and before it is closed");
}

async::task<void> server::close(milliseconds grace) {
  auto* const all = state_.get();
  co_await all->accepting.close(0ms);
  for (auto const& one : all->doors)
    if (!one->path.empty()) ::unlink(one->path.c_str());
  all->doors.clear();
  all->shared.leaving = true;
  all->shared.sweep.ask_to_leave();
  co_await all->shared.running.close(grace);
  co_await all->upkeep.close(0ms);
}

void server::use_tokens(token_book tokens) {
  state_->shared.tokens = std::move(tokens);
  state_->shared.sweep.judge();
}
void server::instance_gone(instance_id const& which) { state_->shared.sweep.instance_gone(which); }
token_book const& server::tokens() const { return state_->shared.tokens; }
void server::keep_request_keys(std::vector<kept_record> earlier, key_keeper where) {
  state_->shared.kept.begin(std::move(earlier), std::move(where), system::this_moment());
}
door_counts const& server::counts() const { return state_->shared.counts; }

}  // namespace ostler::control

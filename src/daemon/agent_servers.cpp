#include "daemon/agent_servers.hpp"

#include <algorithm>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <functional>
#include <optional>
#include <utility>

#include "agents/websocket_socket.hpp"
#include "base/name.hpp"
#include "system/clock.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::daemon {
namespace {

namespace asio = boost::asio;
using operations::agent_state;

// Between two attempts to reach a service that has just begun.
constexpr milliseconds retry_every{200ms};

class forwarded final : public agents::byte_stream {
 public:
  explicit forwarded(std::shared_ptr<supervisor::keeper_client> by) : stream_(std::move(by)) {}

  std::uint32_t number() const { return stream_.number(); }
  async::task<result<std::optional<std::string>>> read() override { return stream_.read(); }
  async::task<result<void>> write(std::string_view bytes) override { return stream_.write(bytes); }
  void end() override { stream_.end(); }
  void give_up() override { stream_.give_up(); }

 private:
  supervisor::keeper_stream stream_;
};

lifecycle::service_view const* view_of(lifecycle::instance const& it, std::string_view service) {
  auto const found = std::ranges::find(it.services, service, &lifecycle::service_view::name);
  return found == it.services.end() ? nullptr : &*found;
}

bool is_running(lifecycle::service_view const* view) { return view != nullptr && view->state == "running"; }

// On its way up, or nobody can see it: its agent server is neither dialled nor hung up on.
bool is_in_between(lifecycle::service_view const* view) {
  return view != nullptr && (view->state == "starting" || view->state == "unknown");
}

}  // namespace

agent_servers::agent_servers(agent_server_needs needs)
    : needs_(std::move(needs)), tasks_(needs_.where, needs_.report) {
  needs_.middle->listen(*this);
}

agent_servers::~agent_servers() { needs_.middle->forget(*this); }

void agent_servers::begin() {
  for (auto const* it : needs_.middle->all()) look(*it);
}

async::task<void> agent_servers::close(milliseconds grace) { co_await tasks_.close(grace); }

// --- what happens to services ---

void agent_servers::happened(lifecycle::fleet_event const& what, lifecycle::instance const* after) {
  if (after != nullptr) return look(*after);
  if (auto const found = places_.find(what.instance); found != places_.end()) {
    forget(found->second);
    places_.erase(found);
  }
}

// What a keeper says is heard before it is kept and told. Only so it comes before the end of the connection,
// which without it would look like a loss.
void agent_servers::overheard(instance_id who, wire::keeper_event const& what) {
  if (what.fact != "service.stopping") return;
  auto const here = places_.find(who);
  if (here == places_.end()) return;
  auto const found = here->second.dialled.find(what.service);
  if (found == here->second.dialled.end() || std::exchange(found->second.is_leaving, true)) return;
  needs_.links->stop(found->second.number);
}

void agent_servers::look(lifecycle::instance const& it) {
  auto& here = places_[it.id];
  auto const settings = std::hash<std::string>()(it.spec.settings);
  if (here.settings != settings) {
    here.settings = settings;
    here.servers.clear();
    auto const plan = supervisor::read_plan(it.spec.settings);
    for (auto const& each : plan ? plan->services : std::vector<wire::service_spec>())
      if (!each.websocket.empty()) here.servers.push_back({each.name, each.websocket, each.heartbeat});
  }
  bool const reached = it.link == lifecycle::link_view::registered;
  bool const came_back = reached && !std::exchange(here.reached, reached);
  here.reached = reached;
  // Those that are none any more, or are to be dialled elsewhere.
  std::erase_if(here.dialled, [&](auto const& known) {
    auto const& [service, one] = known;
    auto const wanted = std::ranges::find(here.servers, service, &server::service);
    if (wanted != here.servers.end() && wanted->websocket == one.websocket) return false;
    needs_.links->forget(one.number);
    return true;
  });
  for (auto const& each : here.servers) look(it, each, here, came_back);
}

void agent_servers::look(lifecycle::instance const& it, server const& wanted, place& here, bool came_back) {
  auto const* view = view_of(it, wanted.service);
  auto const known = here.dialled.find(wanted.service);
  if (is_running(view)) {
    // When there are too many agents, those that are over are forgotten.
    bool const is_known = known != here.dialled.end() && needs_.links->roster().state(known->second.number);
    return is_known ? go_on(known->second, view->run, came_back) : dial(it, wanted, here, view->run);
  }
  if (known == here.dialled.end() || is_in_between(view)) return;
  known->second.is_leaving = false;
  if (!std::exchange(known->second.is_down, true)) needs_.links->stop(known->second.number);
}

void agent_servers::go_on(dialled_server& one, std::uint64_t run, bool came_back) {
  bool const is_same_run = one.run == run && !one.is_down;
  if (is_same_run && one.is_leaving) return;
  one.is_leaving = one.is_down = false;
  // Who was stopped by somebody stays so while its service goes on.
  bool const is_stopped = needs_.links->roster().state(one.number) == agent_state::stopped;
  one.run = run;
  if (is_same_run && (!came_back || is_stopped)) return;
  *one.is_new = !is_same_run;
  needs_.links->resume(one.number);
}

void agent_servers::dial(lifecycle::instance const& it, server const& wanted, place& here,
                         std::uint64_t run) {
  auto& one = here.dialled[wanted.service];
  if (one.number != 0) needs_.links->forget(one.number);
  auto rules = needs_.rules;
  rules.heartbeat = {.interval = wanted.heartbeat.every,
                     .timeout = wanted.heartbeat.every * wanted.heartbeat.missed};
  auto const is_new = std::make_shared<bool>(true);
  target const what{.who = it.id, .service = wanted.service, .websocket = wanted.websocket};
  one = {.number = needs_.links->connect({.name = wanted.service,
                                          .service = wanted.service,
                                          .in = {.id = it.id, .name = it.spec.name},
                                          .capabilities = {},
                                          .rules = rules},
                                         [this, what, is_new] { return open(what, is_new); }),
         .websocket = wanted.websocket,
         .run = run,
         .is_new = is_new};
}

void agent_servers::forget(place const& here) {
  for (auto const& [service, one] : here.dialled) needs_.links->forget(one.number);
}

// --- connections ---

async::task<result<std::unique_ptr<agents::text_socket>>> agent_servers::open(target what,
                                                                              std::shared_ptr<bool> is_new) {
  std::uint16_t port = 0;
  auto stream = co_await reach(what, &port, is_new);
  if (!stream) co_return std::unexpected(stream.error());
  *is_new = false;
  agents::websocket_needs with{.where = needs_.where, .tasks = &tasks_, .luck = needs_.luck};
  agents::websocket_target to{.host = fmt::format("127.0.0.1:{}", port), .path = what.websocket};
  co_return co_await agents::open_websocket(std::move(with), std::move(*stream), std::move(to));
}

async::task<result<std::unique_ptr<agents::byte_stream>>> agent_servers::reach(target what,
                                                                               std::uint16_t* port,
                                                                               std::shared_ptr<bool> is_new) {
  // Less than the link's own limit, so that it is told why and not only that it took long.
  auto const end = system::now() + needs_.rules.registered_limit * 3 / 4;
  asio::steady_timer timer(needs_.where);
  for (;;) {
    auto made = co_await reach_once(what, port);
    bool const may_come = !made && made.error().code == error_code::link_failed && *is_new;
    if (!may_come || system::now() >= end) co_return made;
    timer.expires_after(retry_every);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

async::task<result<std::unique_ptr<agents::byte_stream>>> agent_servers::reach_once(target what,
                                                                                    std::uint16_t* port) {
  auto const* it = needs_.middle->find(what.who);
  if (it == nullptr) co_return fail(error_code::instance_unknown, "its instance is gone");
  auto const* view = view_of(*it, what.service);
  if (!is_running(view))
    co_return fail(error_code::invalid_state,
                   fmt::format("its service {} does not run: {}", in_quotes(what.service),
                               view == nullptr ? std::string("idle") : view->message));
  *port = view->port;
  auto const keeper = needs_.middle->keeper_of(what.who);
  if (!keeper) co_return fail(error_code::link_failed, "the keeper of its instance is not reached just now");
  auto stream = std::make_unique<forwarded>(keeper);
  wire::port_forward how{.port = *port, .stream = stream->number()};
  auto const done = co_await keeper->ask<wire::nothing>("ports.forward", how);
  if (!done)
    co_return fail(error_code::link_failed, fmt::format("its port {}: {}", *port, done.error().message));
  co_return std::unique_ptr<agents::byte_stream>(std::move(stream));
}

}  // namespace ostler::daemon

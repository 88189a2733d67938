// What WebSockets cost: events to many listeners, heartbeats of many agents, the memory of an idle link, and
// what others feel of a listener that has stopped reading. The figures count in `release` only.
//
//   websocket_load [LISTENERS [AGENTS]]     by default 1000 and 9900: both ends of a link lie in this
//   one process, which often may open no more than 20,000 files
//
// Server and clients are threads of this one process and talk over the loopback. The rates are those of the
// processor time of the server's thread: what one core does that has nothing else to do.
#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <fmt/format.h>
#include <functional>
#include <malloc.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <vector>

#include "control/hub.hpp"
#include "control/test/open_door.hpp"
#include "wire/test/client_frames.hpp"

namespace {

using namespace ostler;
using namespace ostler::control;
using async::task;

// Looked at by the client without asking the server's thread, which has enough to do.
std::atomic<std::uint64_t> heartbeats = 0;

task<result<hub_snapshot>> all_at(std::uint64_t seq) { co_return hub_snapshot{.seq = seq, .text = "{}"}; }
task<result<std::vector<told_event>>> nothing_older() { co_return std::vector<told_event>(); }

task<void> take_heartbeats(peer_socket* with) {
  for (;;) {
    auto const got = co_await with->receive();
    if (!got || !*got) co_return;
    heartbeats.fetch_add(1, std::memory_order_relaxed);
  }
}
task<result<conversation>> agent() { co_return conversation(take_heartbeats); }

class measured_door {
 public:
  measured_door()
      : events_({.snapshot = [this](auto const&) { return all_at(seq_); },
                 .older = [](auto) { return nothing_older(); }},
                0),
        door_(
            [this](bindings& into, async::home const&) {
              into.bind<operations::events_subscribe>(
                  [this](auto const&...) { return events_.subscribe({}); });
              into.bind<operations::agents_connect>([](auto const&...) { return agent(); });
              control::test::bind_all_falsely(into);
            },
            without_limits()) {}
  ~measured_door() { door_.shut(); }

  control::test::raw_client connect(std::string_view path) {
    auto client = door_.by_tcp();
    client.send(door_.upgrade(path));
    if (client.read_answer().status != 101) throw std::runtime_error("the upgrade was refused");
    return client;
  }
  void wait_for_listeners(std::size_t count) {
    while (door_.on_loop([&] { return events_.live(); }) < count) {
    }
  }
  void tell(int count, std::string const& text) {
    door_.on_loop([&] {
      for (int i = 0; i < count; ++i)
        events_.tell(
            {.seq = ++seq_, .text = shared_message(text), .subject = {}, .type = "instance.running"});
      return true;
    });
  }
  // Of the server's thread, in seconds.
  double spent() {
    return door_.on_loop([] {
      timespec now{};
      ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
      return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
    });
  }

 private:
  static limits without_limits() {
    limits out;
    out.tcp_connections = 1'000'000;
    out.websockets = 1'000'000;
    out.rate = out.burst = 1e9;
    return out;
  }

  std::uint64_t seq_ = 0;
  hub events_;
  control::test::open_door door_;
};

void measure(std::string_view what, measured_door& door, double each, std::function<void()> const& round) {
  round();
  auto const began = std::chrono::steady_clock::now();
  auto const spent = door.spent();
  double rounds = 0;
  while (std::chrono::steady_clock::now() - began < std::chrono::seconds(3)) {
    round();
    ++rounds;
  }
  auto const used = door.spent() - spent;
  std::chrono::duration<double> const passed = std::chrono::steady_clock::now() - began;
  fmt::print(stderr, "{:<40} {:>10.0f} a second of the server's thread, {:>10.0f} a second of the clock\n",
             what, rounds * each / used, rounds * each / passed.count());
}

void measure_events(measured_door& door, std::size_t count) {
  std::vector<control::test::raw_client> listeners;
  for (std::size_t i = 0; i < count; ++i) {
    listeners.push_back(door.connect("/api/v1/events"));
    listeners.back().read_frame();
  }
  door.wait_for_listeners(count);
  std::string const text(300, 'x');
  for (int const pending : {1, 16})
    measure(fmt::format("deliveries to {}, {} pending", count, pending), door,
            static_cast<double>(count) * pending, [&] {
              door.tell(pending, text);
              for (auto& one : listeners)
                for (int i = 0; i < pending; ++i) one.read_frame();
            });
}

void measure_agents(measured_door& door, std::size_t count) {
  auto const before = ::mallinfo2().uordblks;
  std::vector<control::test::raw_client> agents;
  agents.reserve(count);
  for (std::size_t i = 0; i < count; ++i) agents.push_back(door.connect("/api/v1/agents/connect"));
  auto const bytes = ::mallinfo2().uordblks - before;
  fmt::print(stderr, "{:<40} {:>10} bytes, with those of the client\n",
             fmt::format("an idle link of {}", count), bytes / count);
  auto const frame = wire::test::client_frame(wire::websocket_kind::text,
                                              R"({"type":"heartbeat","status":"working","load":0.5})");
  // Alone in a segment, as agents do it; and as many at once as those it is compared with are given.
  for (int const together : {1, 32}) {
    std::string stream;
    for (int i = 0; i < together; ++i) stream += frame;
    measure(fmt::format("heartbeats of {}, {} at once", count, together), door,
            static_cast<double>(count) * together, [&] {
              auto const expected = heartbeats + count * static_cast<std::size_t>(together);
              for (auto& one : agents) one.send(stream);
              while (heartbeats < expected) {
              }
            });
  }
}

using clock = std::chrono::steady_clock;

// Of one round: how long after it was told an event was read, at worst but for one in a hundred.
double ninety_ninth(measured_door& door, std::vector<control::test::raw_client>& listeners,
                    bool first_reads) {
  std::string const text(4000, 'x');
  std::vector<double> delays;
  for (auto const end = clock::now() + std::chrono::seconds(2); clock::now() < end;) {
    auto const told = clock::now();
    door.tell(1, text);
    for (std::size_t i = first_reads ? 0 : 1; i < listeners.size(); ++i) {
      listeners[i].read_frame();
      if (i > 0) delays.push_back(std::chrono::duration<double, std::micro>(clock::now() - told).count());
    }
  }
  auto const at = delays.begin() + static_cast<std::ptrdiff_t>(delays.size() / 100 * 99);
  std::ranges::nth_element(delays, at);
  return *at;
}

// One of them stops to read, until what waits for it is too much and it is told that it lags behind.
void measure_stopped_reader(measured_door& door, std::size_t count) {
  auto const listen = [&] {
    auto client = door.connect("/api/v1/events");
    client.read_frame();
    return client;
  };
  std::vector<control::test::raw_client> listeners;
  for (std::size_t i = 0; i < count; ++i) listeners.push_back(listen());
  door.wait_for_listeners(count);
  ninety_ninth(door, listeners, true);
  std::vector<double> ratios;
  for (int round = 0; round < 9; ++round) {
    auto const without = ninety_ninth(door, listeners, true);
    auto const with = ninety_ninth(door, listeners, false);
    ratios.push_back(with / without);
    fmt::print(stderr, "{:<40} {:>10.0f} us, {:.0f} us when all of {} read\n",
               "99 of 100 events, one has stopped reading", with, without, count);
    listeners.front() = listen();
    door.wait_for_listeners(count);
  }
  std::ranges::sort(ratios);
  fmt::print(stderr, "{:<40} {:>10.3f}\n", "the one over the other, median", ratios[ratios.size() / 2]);
}

std::size_t number(char const* text, std::size_t otherwise) {
  std::string_view const digits(text == nullptr ? "" : text);
  std::size_t out = 0;
  auto const read = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return read.ec == std::errc() && out > 0 ? out : otherwise;
}

}  // namespace

int main(int count, char** words) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  measured_door door;
  measure_stopped_reader(door, 200);
  measure_events(door, number(count > 1 ? words[1] : nullptr, 1000));
  measure_agents(door, number(count > 2 ? words[2] : nullptr, 9900));
}

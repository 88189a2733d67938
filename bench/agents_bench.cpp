// What agents cost: a heartbeat of one of ten thousand, and the memory of one that is idle. The figures count
// in `release` only.
#include <benchmark/benchmark.h>
#include <cstddef>
#include <cstdint>
#include <fmt/format.h>
#include <malloc.h>
#include <string>
#include <string_view>
#include <vector>

#include "agents/roster.hpp"
#include "system/clock.hpp"

namespace {

using namespace ostler;
using namespace ostler::agents;

struct deaf_port : text_port {
  bool send(std::string_view) override { return true; }
  void close(parting, std::string_view) override {}
};

// Reads the real clocks, as the daemon does.
struct bare_world : world {
  moment now() override { return {.now = system::now(), .wall = system::wall_now(), .luck = 7}; }
  std::string new_agent_id() override { return fmt::format("agt_{:026}", ++ids); }
  std::string new_session_id() override { return fmt::format("ses_{:026}", ++ids); }
  void dial(stream_key) override {}
  void tell(operations::agent_event const&, place const&) override {}
  bool wants_heartbeats() const override { return false; }
  std::uint64_t ids = 0;
};

struct registered {
  explicit registered(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      streams.push_back(
          all.register_agent(port, {}, {.name = fmt::format("agent-{}", i), .version = "1"}).value());
  }
  deaf_port port;
  bare_world around;
  roster all{around, {}};
  std::vector<stream_key> streams;
};

void heartbeats(benchmark::State& state) {
  registered agents(static_cast<std::size_t>(state.range(0)));
  std::size_t at = 0;
  for (auto _ : state) {
    if (!agents.all.heard(agents.streams[at], R"({"type":"heartbeat"})"))
      state.SkipWithError("it was refused");
    at = (at + 1) % agents.streams.size();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(heartbeats)->Arg(1)->Arg(10'000);

void messages(benchmark::State& state) {
  registered agents(10'000);
  std::size_t at = 0;
  for (auto _ : state) {
    if (!agents.all.heard(agents.streams[at],
                          R"({"type":"message","session":"ses_1","content":{"text":"hello"}})"))
      state.SkipWithError("it was refused");
    at = (at + 1) % agents.streams.size();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(messages);

void memory_of_idle_agents(benchmark::State& state) {
  constexpr std::size_t count = 10'000;
  for (auto _ : state) {
    auto const before = ::mallinfo2().uordblks;
    registered const agents(count);
    state.counters["bytes_each"] = static_cast<double>(::mallinfo2().uordblks - before) / count;
  }
}
BENCHMARK(memory_of_idle_agents)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();

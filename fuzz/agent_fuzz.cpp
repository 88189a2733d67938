// What an agent says, line by line, to a roster with one agent of each direction: nothing that is said brings
// it out of order, and time may pass in between.
#include <algorithm>
#include <string>
#include <string_view>

#include "agents/roster.hpp"
#include "base/ensure.hpp"
#include "fuzz/target.hpp"

namespace {

using namespace ostler;
using namespace ostler::agents;

struct deaf_port : text_port {
  bool send(std::string_view) override { return true; }
  void close(parting, std::string_view why) override { fuzz::expect_fit_to_show(why); }
};

struct small_world : world {
  moment now() override { return {.now = time, .wall = {}, .luck = 7}; }
  std::string new_agent_id() override { return "agt_" + std::to_string(++ids); }
  std::string new_session_id() override { return "ses_" + std::to_string(++ids); }
  void dial(stream_key stream) override { dialled = stream; }
  void tell(operations::agent_event const&, place const&) override {}
  bool wants_heartbeats() const override { return true; }
  instant time{std::chrono::hours(1)};
  stream_key dialled;
  int ids = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto input = fuzz::as_text(data, size);
  small_world around;
  roster all(around, {});
  deaf_port port;
  auto inbound = all.register_agent(port, {}, {.name = "in"}).value();
  all.want({.name = "out", .rules = {}});
  all.opened(around.dialled, port);
  while (!input.empty()) {
    auto const line = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(line.size() + 1, input.size()));
    if (line.starts_with('+')) {
      around.time += seconds(static_cast<std::int64_t>(line.size()));
      all.wake();
      continue;
    }
    if (!all.heard(inbound, line)) {
      all.closed(inbound, "");
      inbound = all.register_agent(port, {}, {.name = "in"}).value();
    }
    if (!all.heard(around.dialled, line)) all.opened(around.dialled, port);
    ensure(all.size() <= 2, "an agent that comes back is the same one");
    ensure(all.count({}).healthy <= all.count({}).count, "who is healthy is registered");
  }
  static_cast<void>(all.stop_all({}));
  ensure(all.health_check({}).healthy, "who was stopped is as it should be");
  return 0;
}

#include "keeper/services/monitor.hpp"

#include <algorithm>
#include <utility>

#include "keeper/ports/ports.hpp"
#include "keeper/probes/exec_look.hpp"
#include "keeper/probes/http_look.hpp"
#include "keeper/probes/tcp_look.hpp"
#include "system/clock.hpp"

namespace ostler::keeper {
namespace {

using lifecycle::ready_sign;

// A service that binds at once is found at once; one that takes its time is looked at as often as was asked
// for.
constexpr milliseconds first_wait{1};

http_wanted wanted_of(wire::http_probe const& probe) {
  return {.status_least = probe.status_least, .status_most = probe.status_most, .body = probe.body};
}

}  // namespace

void monitor::watched::look_now() {
  looks->begin([this](look_result const& result) {
    auto const pause = seen(result);
    // What was told may have ended the looking.
    if (active) again.set(system::now() + pause);
  });
}

monitor::monitor(world const& shared, wire::service_spec const& spec, std::uint16_t const& port, hooks what)
    : world_(shared), spec_(spec), port_(port), hooks_(std::move(what)) {}

void monitor::begin(lifecycle::process_key process) {
  process_ = process;
  // The pattern was checked with the spec.
  if (!spec_.ready.output.empty())
    if (auto made = output_match::make(spec_.ready.output)) output_.emplace(std::move(*made));
  look_again_and_again();
}

void monitor::adopt(lifecycle::process_key process, bool was_ready) {
  process_ = process;
  if (!was_ready) return begin(process);
  look_again_and_again();
}

void monitor::end() {
  for (auto const& each : watched_) {
    each->active = false;
    each->looks->give_up();
    each->again.clear();
  }
  process_ = {};
  output_.reset();
}

void monitor::look_again_and_again() {
  // One of the former may be what calls us, through a service that it found wanting.
  former_ = std::exchange(watched_, {});
  auto const& ready = spec_.ready;
  if (ready.tcp) watch_sign(ready_sign::tcp, tcp(ready.look_limit));
  if (ready.http) watch_sign(ready_sign::http, http(*ready.http, ready.look_limit));
  if (!ready.exec.empty()) watch_sign(ready_sign::exec, exec(ready.exec, ready.look_limit));
  if (!spec_.alive) return;
  auto const& alive = *spec_.alive;
  if (alive.tcp) watch_alive(tcp(alive.look_limit));
  if (alive.http) watch_alive(http(*alive.http, alive.look_limit));
  if (!alive.exec.empty()) watch_alive(exec(alive.exec, alive.look_limit));
}

void monitor::watch_sign(ready_sign sign, std::unique_ptr<look> how) {
  auto made = std::make_unique<watched>(world_.on, std::move(how), nullptr);
  made->seen = [this, sign, by = made.get()](look_result const& seen) { return sign_seen(sign, *by, seen); };
  made->again.set(system::now());
  watched_.push_back(std::move(made));
}

milliseconds monitor::sign_seen(ready_sign sign, watched& by, look_result const& seen) {
  auto const process = process_;
  if (process.generation == 0) return spec_.ready.every;
  // The next wait first: what we tell may end the looking.
  by.wait = seen.holds ? spec_.ready.every_ready : std::clamp(by.wait * 2, first_wait, spec_.ready.every);
  auto const wait = by.wait;
  if (seen.stranger_pid != 0) {
    hooks_.sign({.sign = sign,
                 .holds = true,
                 .process = {.generation = 0, .pid = std::max<std::int64_t>(seen.stranger_pid, 0)}});
  } else {
    hooks_.sign({.sign = sign, .holds = seen.holds, .process = process});
  }
  return wait;
}

void monitor::watch_alive(std::unique_ptr<look> how) {
  auto const every = spec_.alive->every;
  auto made = std::make_unique<watched>(world_.on, std::move(how), [this, every](look_result const& seen) {
    if (process_.generation != 0) hooks_.alive(process_, seen.holds);
    return every;
  });
  made->again.set(system::now() + every);
  watched_.push_back(std::move(made));
}

void monitor::printed(log_stream stream, byte_view bytes) {
  if (!output_ || stream == log_stream::ours) return;
  if (!output_->feed(stream == log_stream::err ? output_stream::errors : output_stream::out, bytes)) return;
  output_.reset();
  show(ready_sign::output, true);
}

void monitor::show(ready_sign sign, bool holds) {
  if (process_.generation != 0) hooks_.sign({.sign = sign, .holds = holds, .process = process_});
}

listener_owner monitor::owner_of(std::uint16_t port) const {
  using kind = listener_owner::kind;
  port_table const table;
  auto const ours = table.owner_of(port, hooks_.members());
  if (!ours) return {.who = kind::unknown};
  if (ours->what == port_holder::kind::found) return {.who = kind::ours, .pid = ours->pid};
  if (ours->what == port_holder::kind::nobody) return {.who = kind::nobody};
  auto const stranger = table.who_listens(port);
  if (stranger && stranger->what == port_holder::kind::found)
    return {.who = kind::stranger, .pid = stranger->pid};
  // It has stopped meanwhile.
  if (stranger && stranger->what == port_holder::kind::nobody) return {.who = kind::nobody};
  // A service may run as somebody whose descriptors we may not see; when all of its were seen, the one who
  // listens is a stranger, though nobody can say which.
  return {.who = ours->what == port_holder::kind::hidden ? kind::unknown : kind::stranger};
}

std::unique_ptr<look> monitor::tcp(milliseconds limit) const {
  return std::make_unique<tcp_look>(world_.on, limit, port_,
                                    [this](std::uint16_t port) { return owner_of(port); });
}

std::unique_ptr<look> monitor::http(wire::http_probe const& probe, milliseconds limit) const {
  return std::make_unique<http_look>(
      world_.on, limit,
      http_question{
          .port = probe.port != 0 ? probe.port : port_, .path = probe.path, .wanted = wanted_of(probe)},
      [this](std::uint16_t port) { return owner_of(port); });
}

std::unique_ptr<look> monitor::exec(std::vector<std::string> const& command, milliseconds limit) const {
  return std::make_unique<exec_look>(
      world_.on, limit, command,
      [this](std::vector<std::string> const& argv,
             std::function<void(lifecycle::exit_status)> done) -> result<std::unique_ptr<running_command>> {
        auto const what = hooks_.side(argv);
        if (!what) return std::unexpected(what.error());
        return side_command::start(world_, *what, std::move(done));
      });
}

}  // namespace ostler::keeper

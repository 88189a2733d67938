#include "daemon/tracing.hpp"

#include <cstdint>
#include <fmt/format.h>
#include <string_view>
#include <utility>

#include "system/random.hpp"

namespace ostler::daemon {

tracing::tracing(supervisor::supervisor& middle, async::home const& where, traces::trace_source source,
                 traces::endpoint to, std::function<void(std::string const&)> log)
    : middle_(middle),
      maker_(system::random_bits()),
      exporter_(where, std::move(source), std::move(to), std::move(log)) {
  middle_.listen(*this);
}

tracing::~tracing() { middle_.forget(*this); }

async::task<void> tracing::close() { return exporter_.close(); }

std::string tracing::metrics() const {
  std::string out;
  auto add = [&](std::string_view name, std::string_view kind, std::string_view help, std::uint64_t value) {
    out += fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n{0} {3}\n", name, kind, help, value);
  };
  auto const counted = exporter_.count();
  add("ostler_trace_spans_exported_total", "counter", "Spans that the collector took.", counted.exported);
  add("ostler_trace_spans_dropped_total", "counter", "Spans that were refused, or did not fit the queue.",
      counted.dropped);
  add("ostler_trace_posts_failed_total", "counter", "Attempts to reach the collector that failed.",
      counted.posts_failed);
  add("ostler_trace_spans_waiting", "gauge", "Spans that wait for the collector.", counted.waiting);
  add("ostler_trace_ways_open", "gauge", "Ways up and down of instances whose trace has not ended.",
      maker_.under_way());
  return out;
}

void tracing::happened(lifecycle::fleet_event const& what, lifecycle::instance const* after) {
  for (auto& each : maker_.heard(what, after)) exporter_.take(std::move(each));
}

}  // namespace ostler::daemon

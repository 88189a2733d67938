// Tells a collector how instances went up and down: hears what was kept, makes spans of it, and hands them
// on.
//
// It is only made when somebody asked for traces.
#pragma once

#include <functional>
#include <string>

#include "supervisor/supervisor.hpp"
#include "traces/exporter.hpp"
#include "traces/span_maker.hpp"

namespace ostler::daemon {

class tracing final : public supervisor::listener {
 public:
  // The supervisor outlives it.
  tracing(supervisor::supervisor& middle, async::home const& where, traces::trace_source source,
          traces::endpoint to, std::function<void(std::string const&)> log);
  tracing(tracing const&) = delete;
  tracing& operator=(tracing const&) = delete;
  // After close().
  ~tracing() override;

  async::task<void> close();
  // Lines in the text format of Prometheus.
  std::string metrics() const;

  void happened(lifecycle::fleet_event const& what, lifecycle::instance const* after) override;
  void overheard(instance_id, wire::keeper_event const&) override {}
  void beaten(instance_id) override {}
  void progressed(instance_id, providers::progress const&) override {}

 private:
  supervisor::supervisor& middle_;
  traces::span_maker maker_;
  traces::exporter exporter_;
};

}  // namespace ostler::daemon

// Hands spans to a collector, many at once, and never makes anybody wait for it.
//
// What does not fit into the queue, and what the collector does not take after some attempts, is dropped and
// counted: traces are worth less than what they are about. It belongs to the loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "async/bell.hpp"
#include "async/scope.hpp"
#include "traces/collector.hpp"
#include "traces/otlp_json.hpp"
#include "traces/span.hpp"
#include "traces/trace_settings.hpp"

namespace ostler::traces {

struct exporter_limits {
  std::size_t queue_max = 4096;
  std::size_t batch_max = 512;
  // How long the first span of a batch waits for others.
  milliseconds batch_wait{5s};
  milliseconds post_limit{10s};
  int attempts_max = 5;
  // Doubled after each attempt.
  milliseconds pause_first{1s};
  // For what is left when it is closed.
  milliseconds close_grace{2s};
};

struct exporter_counts {
  // Taken by the collector.
  std::uint64_t exported = 0;
  std::uint64_t dropped = 0;
  std::uint64_t posts_failed = 0;
  // In the queue, and in the batch that is on its way.
  std::size_t waiting = 0;
};

class exporter {
 public:
  exporter(async::home const& where, trace_source source, endpoint to,
           std::function<void(std::string const&)> log, exporter_limits limits = {});
  exporter(exporter const&) = delete;
  exporter& operator=(exporter const&) = delete;
  // After close().
  ~exporter() = default;

  void take(span one);
  exporter_counts count() const;
  // Hands over what is left, as long as the grace lasts, each batch once.
  task<void> close();

 private:
  task<void> run();
  task<void> until_some();
  task<void> until_full();
  task<void> until_closing();
  std::vector<span> next_batch();
  task<void> deliver(std::vector<span> batch);
  void tell_trouble(std::string const& why);

  trace_source source_;
  endpoint to_;
  std::function<void(std::string const&)> log_;
  exporter_limits limits_;
  async::bell changed_;
  std::deque<span> queue_;
  std::size_t on_their_way_ = 0;
  exporter_counts counts_;
  bool closing_ = false;
  bool in_trouble_ = false;
  async::scope tasks_;
};

}  // namespace ostler::traces

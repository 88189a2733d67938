// What all connections of one server share. Owned by the server, which outlives them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "async/scope.hpp"
#include "async/task.hpp"
#include "control/bindings.hpp"
#include "control/door_counts.hpp"
#include "control/guard.hpp"
#include "control/kept_keys.hpp"
#include "control/limits.hpp"
#include "control/rates.hpp"
#include "control/request_keys.hpp"
#include "control/sweeper.hpp"
#include "control/tokens.hpp"
#include "control/websocket/flusher.hpp"

namespace ostler::control {

struct parts {
  parts(async::home home_of, bindings& bound, limits numbers, instance_finder finder,
        async::scope::reporter reporter)
      : where(home_of),
        answers(bound),
        limit(numbers),
        find_instance(std::move(finder)),
        report(reporter),
        callers(numbers.rate, numbers.burst),
        strangers(numbers.rate_of_strangers, numbers.burst_of_strangers),
        keys(home_of, numbers.keys),
        kept(keys),
        sweep(numbers.sweep),
        flush(home_of),
        running(home_of, std::move(reporter)) {}

  async::home where;
  bindings& answers;
  limits limit;
  instance_finder find_instance;
  async::scope::reporter report;
  token_book tokens;
  std::vector<std::string> authorities;
  rates callers;
  rates strangers;
  request_keys keys;
  kept_keys kept;
  door_counts counts;
  sweeper sweep;
  websocket::flusher flush;
  bool leaving = false;
  // What is read lies here until the next await: one loop, one reader at a time.
  std::array<char, 64UL * 1024> scratch{};
  async::scope running;
};

}  // namespace ostler::control

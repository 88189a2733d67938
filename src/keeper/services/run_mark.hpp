// The mark of a run: its process, which the process writes itself before it does anything else, and where in
// the log its output begins, and that of the run before. What was never written down any more is found by it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "keeper/start/home.hpp"

namespace ostler::keeper {

struct run_mark {
  // 0: not born yet.
  std::int64_t pid = 0;
  std::uint64_t position = 0;
  // The same as `position` when there was no run before.
  std::uint64_t before = 0;

  // That of the run that begins there. Of one that was never born, nothing was printed.
  static run_mark next(std::optional<run_mark> const& last, std::uint64_t position) {
    if (!last) return {.pid = 0, .position = position, .before = position};
    return {.pid = 0, .position = position, .before = last->pid == 0 ? last->before : last->position};
  }
};

// Nothing when there is none, or that of another release.
std::optional<run_mark> read_mark(home const& place, std::string const& service);

}  // namespace ostler::keeper

// How many restarts are admitted before we stop hoping. One log belongs to one service, so that a crash loop
// never uses up the restarts of another.
#pragma once

#include <vector>

#include "base/instant.hpp"

namespace ostler::lifecycle {

struct intensity {
  int restarts_max = 5;
  milliseconds window{60s};

  bool operator==(intensity const&) const = default;
};

// At most restarts_max in any window. It remembers no more instants than it admitted within one window.
class restart_log {
 public:
  // Counts the restart if it is admitted.
  bool admit(intensity const& rule, instant now);
  // A restart counts while less than one window has passed since it.
  int recent(intensity const& rule, instant now) const;
  void clear() { admitted_.clear(); }

  bool operator==(restart_log const&) const = default;

 private:
  // Oldest first.
  std::vector<instant> admitted_;
};

}  // namespace ostler::lifecycle

#include "lifecycle/policy/intensity.hpp"

#include <algorithm>

#include "base/planted_fault.hpp"

namespace ostler::lifecycle {

bool restart_log::admit(intensity const& rule, instant now) {
  std::erase_if(admitted_, [&](instant when) { return now - when >= rule.window; });
  if (std::ssize(admitted_) >= rule.restarts_max) return false;
  if (!planted(fault::intensity_never_counts)) admitted_.push_back(now);
  return true;
}

int restart_log::recent(intensity const& rule, instant now) const {
  return static_cast<int>(
      std::ranges::count_if(admitted_, [&](instant when) { return now - when < rule.window; }));
}

}  // namespace ostler::lifecycle

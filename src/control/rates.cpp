#include "control/rates.hpp"

#include <algorithm>
#include <chrono>

namespace ostler::control {

double rates::filled_at(bucket const& one, instant now) const {
  std::chrono::duration<double> const since = now - one.filled;
  return std::min(at_once_, one.left + std::max(0.0, since.count()) * per_second_);
}

bool rates::take(std::string_view who, instant now) {
  auto found = all_.find(who);
  if (found == all_.end()) found = all_.emplace(who, bucket{.left = at_once_, .filled = now}).first;
  auto& one = found->second;
  one = {.left = filled_at(one, now), .filled = now};
  if (one.left < 1) return false;
  one.left -= 1;
  return true;
}

void rates::forget_idle(instant now) {
  std::erase_if(all_, [&](auto const& one) { return filled_at(one.second, now) >= at_once_; });
}

}  // namespace ostler::control

#include "lifecycle/policy/backoff.hpp"

#include <algorithm>
#include <cmath>

#include "base/chance.hpp"
#include "base/planted_fault.hpp"

namespace ostler::lifecycle {
namespace {

// By squaring, so that an absurd exponent costs 31 multiplications, and not by std::pow, whose last bit
// differs between machines and would make a replay differ too.
double power(double base, int exponent) {
  double product = 1;
  for (auto rest = static_cast<unsigned>(exponent); rest != 0; rest >>= 1U) {
    if ((rest & 1U) != 0) product *= base;
    base *= base;
  }
  return product;
}

}  // namespace

milliseconds delay(backoff const& rule, int attempt, std::uint64_t luck) {
  auto const first = static_cast<double>(rule.first.count());
  auto const cap = static_cast<double>(rule.cap.count());
  if (first <= 0 || cap <= 0) return milliseconds(0);
  // The growth may be infinite; infinity is above the cap like any other large number.
  auto const grown = std::min(first * power(std::max(rule.factor, 1.0), std::max(attempt, 1) - 1), cap);
  auto spread = std::clamp(rule.jitter, 0.0, 1.0) * (2 * unit_interval(luck) - 1);
  if (planted(fault::jitter_only_downward)) spread = -std::abs(spread);
  return milliseconds(std::llround(grown * (1 + spread)));
}

}  // namespace ostler::lifecycle

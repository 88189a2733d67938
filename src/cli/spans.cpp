#include "cli/spans.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace ostler::cli {

std::string age(milliseconds since) {
  auto const whole = std::max<std::int64_t>(0, std::chrono::duration_cast<seconds>(since).count());
  if (whole < 60) return fmt::format("{}s", whole);
  if (whole < 3600) return fmt::format("{}m", whole / 60);
  if (whole < 48 * 3600) return fmt::format("{}h", whole / 3600);
  return fmt::format("{}d", whole / 86'400);
}

std::string elapsed(milliseconds span) {
  auto const count = std::max<std::int64_t>(0, span.count());
  auto const whole = count / 1000;
  if (whole < 60) return fmt::format("{}.{}s", whole, count % 1000 / 100);
  if (whole < 3600) return fmt::format("{}m{:02}s", whole / 60, whole % 60);
  return fmt::format("{}h{:02}m", whole / 3600, whole % 3600 / 60);
}

}  // namespace ostler::cli

// What is told to a collector of traces: a stretch of time with a name, within a trace.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/instant.hpp"

namespace ostler::traces {

// `unset` is what OpenTelemetry calls a span that ended as one would expect.
enum class span_status : std::uint8_t { unset, failed };

struct span {
  // 32 and 16 hexadecimal digits.
  std::string trace;
  std::string id;
  // Empty for the root of a trace.
  std::string parent;
  // One of a few words; what differs from instance to instance is in the attributes.
  std::string name;
  wall_time start;
  wall_time end;
  std::vector<std::pair<std::string_view, std::string>> attributes;
  span_status status = span_status::unset;
  // Why it failed.
  std::string message;
};

}  // namespace ostler::traces

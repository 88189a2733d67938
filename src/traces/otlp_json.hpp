// Spans in the JSON encoding of OTLP, as a collector takes them at /v1/traces.
//
// Written by hand, because OTLP's names for fields are not ours and every attribute is an object of its own.
// Collectors refuse a whole batch for one text that is not UTF-8, so what is not is replaced.
#pragma once

#include <span>
#include <string>

#include "traces/span.hpp"

namespace ostler::traces {

// Of what all spans tell.
struct trace_source {
  std::string service_name;
  std::string version;
  // Of the state directory; the same over restarts.
  std::string daemon;
};

std::string otlp_json(trace_source const& source, std::span<span const> spans);

}  // namespace ostler::traces

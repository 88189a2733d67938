// Where traces go, from the variables that OpenTelemetry names. Without them nothing is told to anybody.
//
// Only http:// is spoken: a collector belongs on the same machine, and takes it from there. An address is
// never repeated in a message, because it may hold a password.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ostler::traces {

// As they stand in the environment; empty when they are not there.
struct trace_variables {
  std::string endpoint;         // OTEL_EXPORTER_OTLP_ENDPOINT
  std::string traces_endpoint;  // OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, which goes before the other
  std::string service_name;     // OTEL_SERVICE_NAME
  std::string disabled;         // OTEL_SDK_DISABLED
};

struct endpoint {
  std::string host;  // an address without brackets, or a name
  std::string port;
  std::string path;
  // "127.0.0.1:4318", "[::1]:4318"
  std::string authority;
  bool operator==(endpoint const&) const = default;
};

struct trace_settings {
  endpoint to;
  std::string service_name;
  bool operator==(trace_settings const&) const = default;
};

// Nothing when no traces are wanted. value_unknown for https and what else is not spoken; text_malformed.
result<std::optional<trace_settings>> read_trace_settings(trace_variables const& given);

}  // namespace ostler::traces

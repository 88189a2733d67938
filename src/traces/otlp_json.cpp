#include "traces/otlp_json.hpp"

#include <chrono>
#include <fmt/format.h>
#include <string_view>

#include "wire/json.hpp"
#include "wire/utf8.hpp"

namespace ostler::traces {
namespace {

// OpenTelemetry's numbers: a span that calls nobody, and the status that says it failed.
constexpr int kind_internal = 1;
constexpr int status_failed = 2;

std::string quoted(std::string_view text) {
  std::string sound;
  while (!text.empty()) {
    auto const size = wire::utf8_size(text);
    if (size == 0)
      sound += "\xEF\xBF\xBD";
    else
      sound += text.substr(0, size);
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return wire::to_json(sound);
}

std::string attribute(std::string_view key, std::string_view value) {
  return fmt::format(R"({{"key":{},"value":{{"stringValue":{}}}}})", quoted(key), quoted(value));
}

// 64 bits are texts in the JSON of protocol buffers.
std::string moment_text(wall_time when) {
  return fmt::format("\"{}\"", std::chrono::duration_cast<nanoseconds>(when.time_since_epoch()).count());
}

void add_span(std::string& out, span const& one) {
  out += fmt::format(R"({{"traceId":"{}","spanId":"{}",)", one.trace, one.id);
  if (!one.parent.empty()) out += fmt::format(R"("parentSpanId":"{}",)", one.parent);
  out += fmt::format(R"("name":{},"kind":{},"startTimeUnixNano":{},"endTimeUnixNano":{},"attributes":[)",
                     quoted(one.name), kind_internal, moment_text(one.start), moment_text(one.end));
  bool first = true;
  for (auto const& [key, value] : one.attributes) {
    if (!first) out += ',';
    first = false;
    out += attribute(key, value);
  }
  out += "],\"status\":{";
  if (one.status == span_status::failed)
    out += fmt::format(R"("code":{},"message":{})", status_failed, quoted(one.message));
  out += "}}";
}

}  // namespace

std::string otlp_json(trace_source const& source, std::span<span const> spans) {
  auto out = fmt::format(R"({{"resourceSpans":[{{"resource":{{"attributes":[{},{},{}]}},)",
                         attribute("service.name", source.service_name),
                         attribute("service.version", source.version),
                         attribute("service.instance.id", source.daemon));
  out += fmt::format(R"("scopeSpans":[{{"scope":{{"name":"ostler","version":{}}},"spans":[)",
                     quoted(source.version));
  bool first = true;
  for (auto const& one : spans) {
    if (!first) out += ',';
    first = false;
    add_span(out, one);
  }
  out += "]}]}]}";
  return out;
}

}  // namespace ostler::traces

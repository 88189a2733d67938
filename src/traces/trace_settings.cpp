#include "traces/trace_settings.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fmt/format.h>

namespace ostler::traces {
namespace {

constexpr std::string_view scheme = "http://";
constexpr std::string_view usual_port = "80";
constexpr std::string_view path_of_traces = "/v1/traces";
constexpr auto example = "for example http://127.0.0.1:4318";

bool same_word(std::string_view left, std::string_view right) {
  auto small = [](char one) { return one >= 'A' && one <= 'Z' ? static_cast<char>(one - 'A' + 'a') : one; };
  return std::ranges::equal(left, right, {}, small, small);
}

std::unexpected<error> malformed(std::string_view variable, std::string_view why) {
  return fail(error_code::text_malformed, fmt::format("{} {}; {}", variable, why, example));
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
  return failed == std::errc() && end == text.data() + text.size() && port != 0;
}

// "host", "host:port", "[address]:port"
result<endpoint> read_authority(std::string_view variable, std::string_view text) {
  endpoint out;
  std::string_view rest;
  if (text.starts_with('[')) {
    auto const close = text.find(']');
    if (close == text.npos) return malformed(variable, "has a [ without a ]");
    out.host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
  } else {
    auto const colon = std::min(text.find(':'), text.size());
    out.host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  if (out.host.empty()) return malformed(variable, "names no host");
  if (!rest.empty() && (!rest.starts_with(':') || !is_port(rest.substr(1))))
    return malformed(variable, "has no port of 1 to 65535 after the host");
  out.port = rest.empty() ? usual_port : rest.substr(1);
  out.authority = text;
  return out;
}

result<endpoint> read_endpoint(std::string_view variable, std::string_view text) {
  auto const colon = text.find("://");
  if (colon == text.npos) return malformed(variable, "is no address");
  if (same_word(text.substr(0, colon), "https"))
    return fail(error_code::value_unknown,
                fmt::format("{} asks for https, but traces are only told by http; name a collector on this "
                            "machine, {}, and let it send them on",
                            variable, example));
  if (!same_word(text.substr(0, colon + 3), scheme))
    return fail(error_code::value_unknown,
                fmt::format("{} does not begin with http://; {}", variable, example));
  // Such bytes would end the line of the request that they are put into.
  if (std::ranges::any_of(text, [](char one) { return one <= ' ' || one >= '\x7f'; }))
    return malformed(variable, "holds a space, a control character or what is not ASCII");
  text.remove_prefix(colon + 3);
  if (text.find_first_of("@?#") != text.npos)
    return malformed(variable, "holds a user, a query or a fragment, which are not spoken");
  auto const slash = std::min(text.find('/'), text.size());
  auto out = read_authority(variable, text.substr(0, slash));
  if (out) out->path = text.substr(slash);
  return out;
}

}  // namespace

result<std::optional<trace_settings>> read_trace_settings(trace_variables const& given) {
  bool const whole = !given.traces_endpoint.empty();
  if (same_word(given.disabled, "true") || (!whole && given.endpoint.empty())) return std::nullopt;
  auto to = whole ? read_endpoint("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", given.traces_endpoint)
                  : read_endpoint("OTEL_EXPORTER_OTLP_ENDPOINT", given.endpoint);
  if (!to) return std::unexpected(to.error());
  // The one is taken as it is, the other is where all kinds of signals go.
  if (!whole) {
    while (to->path.ends_with('/')) to->path.pop_back();
    to->path += path_of_traces;
  }
  if (to->path.empty()) to->path = "/";
  return trace_settings{.to = std::move(*to),
                        .service_name = given.service_name.empty() ? "ostlerd" : given.service_name};
}

}  // namespace ostler::traces

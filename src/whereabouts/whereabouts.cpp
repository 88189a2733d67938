#include "whereabouts/whereabouts.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fmt/format.h>
#include <utility>

#include "base/name.hpp"

namespace ostler::whereabouts {
namespace {

std::optional<std::string> value_of(variables const& look_up, std::string_view name) {
  auto value = look_up(name);
  if (value && value->empty()) value.reset();
  return value;
}

// As the XDG rules have it, one that is not absolute does not count.
std::optional<std::string> directory_of(variables const& look_up, std::string_view name) {
  auto value = value_of(look_up, name);
  if (value && !value->starts_with('/')) value.reset();
  return value;
}

result<std::string> find_state(variables const& look_up) {
  if (auto const told = value_of(look_up, "OSTLER_STATE")) {
    if (told->starts_with('/')) return *told;
    return fail(error_code::usage,
                fmt::format("OSTLER_STATE is {}; it must be an absolute path, because whoever reads it may "
                            "work in another directory",
                            in_quotes(*told)));
  }
  if (auto const state = directory_of(look_up, "XDG_STATE_HOME")) return *state + "/ostler";
  if (auto const home = directory_of(look_up, "HOME")) return *home + "/.local/state/ostler";
  return fail(error_code::usage,
              "there is no place for the state: neither OSTLER_STATE, XDG_STATE_HOME nor HOME is set", {},
              {"export OSTLER_STATE=/path/of/a/directory"});
}

result<void> check_socket(std::string_view path) {
  if (path.size() <= socket_path_max && path.find('\0') == path.npos) return {};
  return fail(error_code::value_out_of_range,
              fmt::format("the socket's path {} has {} bytes; the system takes at most {}", in_quotes(path),
                          path.size(), socket_path_max),
              {}, {"export OSTLER_STATE=/a/shorter/path"});
}

std::unexpected<error> bad_url(std::string_view url, std::string_view why) {
  return fail(error_code::usage,
              fmt::format("{} is no address of a daemon: {}; allowed: unix:/path, http://host:port",
                          in_quotes(url), why));
}

bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == ':';
  });
}

// "host", "host:port", "[::1]:port"
result<daemon_address> parse_authority(std::string_view url, std::string_view rest) {
  daemon_address out{.socket = {}, .host = {}, .port = 80, .token = {}};
  auto host_end = rest.find(':');
  if (rest.starts_with('[')) {
    auto const bracket = rest.find(']');
    if (bracket == rest.npos) return bad_url(url, "a bracket is not closed");
    out.host = rest.substr(1, bracket - 1);
    host_end = bracket + 1;
    if (host_end < rest.size() && rest[host_end] != ':') return bad_url(url, "after ']' comes ':'");
  } else {
    out.host = rest.substr(0, host_end);
  }
  if (!is_host(out.host)) return bad_url(url, "the host is no name and no number");
  if (host_end >= rest.size()) return out;
  auto const digits = rest.substr(host_end + 1);
  auto const* const end = digits.data() + digits.size();
  auto const [read_to, ec] = std::from_chars(digits.data(), end, out.port);
  if (ec != std::errc{} || read_to != end || out.port == 0)
    return bad_url(url, "the port is no number up to 65535");
  return out;
}

}  // namespace

variables variables_of_this_process() {
  return [](std::string_view name) -> std::optional<std::string> {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody here sets variables.
    auto const* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

result<daemon_paths> find_paths(variables const& look_up) {
  auto const state = find_state(look_up);
  if (!state) return std::unexpected(state.error());
  daemon_paths out{
      .state_directory = *state, .socket = *state + "/ostler.sock", .log = *state + "/daemon.log"};
  auto const runtime = directory_of(look_up, "XDG_RUNTIME_DIR");
  if (runtime && !value_of(look_up, "OSTLER_STATE")) out.socket = *runtime + "/ostler/ostler.sock";
  if (auto const fits = check_socket(out.socket); !fits) return std::unexpected(fits.error());
  return out;
}

std::string daemon_address::text() const {
  if (!socket.empty()) return socket;
  if (host.find(':') == host.npos) return fmt::format("{}:{}", host, port);
  return fmt::format("[{}]:{}", host, port);
}

result<daemon_address> find_address(variables const& look_up) {
  daemon_address out;
  if (auto const url = value_of(look_up, "OSTLER_URL")) {
    auto const told = parse_address(*url);
    if (!told) return told;
    out = *told;
  } else {
    auto paths = find_paths(look_up);
    if (!paths) return std::unexpected(paths.error());
    out.socket = std::move(paths->socket);
    out.is_own = true;
  }
  out.token = value_of(look_up, "OSTLER_TOKEN").value_or("");
  // It stands in a line of its own; what could begin another one must not be in it.
  if (!std::ranges::all_of(out.token, [](char c) { return c > ' ' && c < 0x7f; }))
    return fail(error_code::usage,
                "OSTLER_TOKEN holds something that no token holds: blanks or control characters");
  return out;
}

result<daemon_address> parse_address(std::string_view url) {
  if (url.starts_with("unix:")) {
    auto path = url.substr(5);
    if (path.starts_with("///")) path.remove_prefix(2);
    if (!path.starts_with('/')) return bad_url(url, "the path of a socket is absolute");
    if (auto const fits = check_socket(path); !fits) return std::unexpected(fits.error());
    return daemon_address{.socket = std::string(path), .host = {}, .token = {}};
  }
  if (url.starts_with("https://"))
    return fail(error_code::feature_missing,
                fmt::format("{} asks for TLS, which this client does not speak", in_quotes(url)), {},
                {"ssh -L 7777:127.0.0.1:PORT HOST, then OSTLER_URL=http://127.0.0.1:7777"});
  if (!url.starts_with("http://")) return bad_url(url, "it begins with neither unix: nor http://");
  auto rest = url.substr(7);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  return parse_authority(url, rest);
}

}  // namespace ostler::whereabouts

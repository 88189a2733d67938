#include "cli/verbs/up_request.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <utility>

#include "base/name.hpp"
#include "config/project.hpp"

namespace ostler::cli {
namespace {

std::string joined(std::string_view directory, std::string_view path) {
  return path.starts_with('/') ? std::string(path) : fmt::format("{}/{}", directory, path);
}

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// Relative to the project, because the keeper reads it in the workspace.
result<std::string> below_project(std::string const& file, std::string_view project, std::string_view from) {
  auto const whole = joined(from, file);
  if (whole.starts_with(fmt::format("{}/", project)) && whole.find("/../") == std::string::npos)
    return whole.substr(project.size() + 1);
  return fail(error_code::path_refused,
              fmt::format("--env-file {}: it has to lie below the project in {}", in_quotes(file), project));
}

result<std::vector<std::string>> env_files_for(config::loaded_project const& from, arguments const& call,
                                               std::string_view working_directory,
                                               std::function<bool(std::string const&)> const& is_there) {
  std::vector<std::string> out;
  auto const& project = from.from.directory;
  if (call.has("env-file")) {
    for (auto const& file : call.values("env-file")) {
      auto path = below_project(file, project, working_directory);
      if (!path) return std::unexpected(path.error());
      out.push_back(std::move(*path));
    }
    return out;
  }
  if (from.what.env_files) return *from.what.env_files;
  for (auto const& file : config::env_files_preset)
    if (is_there(joined(project, file))) out.emplace_back(file);
  return out;
}

result<void> set_port(std::vector<wire::service_spec>& services, std::string const& text) {
  auto const sign = text.find('=');
  auto const name = text.substr(0, sign);
  auto const at = std::ranges::find(services, name, &wire::service_spec::name);
  if (sign == std::string::npos || name.empty())
    return fail(error_code::usage,
                fmt::format("--port {}: it is SERVICE=NUMBER or SERVICE=auto", in_quotes(text)));
  if (at == services.end())
    return fail(error_code::service_unknown,
                fmt::format("--port {}: the project has no service {}", in_quotes(text), in_quotes(name)));
  auto const value = text.substr(sign + 1);
  if (value == "auto") {
    at->port = {.kind = wire::port_kind::automatic};
    return {};
  }
  std::uint16_t number = 0;
  auto const [end, why] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (why != std::errc() || end != value.data() + value.size() || number == 0)
    return fail(error_code::usage,
                fmt::format("--port {}: the number is from 1 to 65535, or auto", in_quotes(text)));
  at->port = {.kind = wire::port_kind::fixed, .number = number};
  return {};
}

}  // namespace

std::string name_from(std::string_view text) {
  std::string out;
  for (char const c : text) {
    bool const capital = c >= 'A' && c <= 'Z';
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || capital)
      out += capital ? static_cast<char>(c - 'A' + 'a') : c;
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  out.resize(std::min(out.size(), name_length_max));
  while (out.ends_with('-')) out.pop_back();
  return out.empty() ? "place" : out;
}

result<std::vector<std::string>> names_for(arguments const& call, std::string_view directory) {
  auto names = call.operands;
  if (names.empty()) {
    auto const branch = call.value("branch");
    names.push_back(name_from(branch ? fmt::format("{}-{}", last_part(directory), *branch)
                                     : std::string(last_part(directory))));
  }
  for (auto const& name : names)
    if (auto const good = parse_name("instance name", name); !good) return std::unexpected(good.error());
  constexpr std::uint32_t count_max = 100;
  auto const count = call.number("count", 1, count_max);
  if (!count) return std::unexpected(count.error());
  if (!*count) return names;
  std::vector<std::string> out;
  for (auto const& name : names)
    for (std::uint32_t i = 1; i <= **count; ++i) out.push_back(fmt::format("{}-{}", name, i));
  return out;
}

result<operations::instance_new> request_for(config::loaded_project const& from, arguments const& call,
                                             std::string_view working_directory,
                                             std::function<bool(std::string const&)> const& is_there) {
  operations::instance_new what;
  auto const& project = from.what;
  what.project = from.from.directory;
  what.provider = call.value("provider").value_or(project.provider.empty() ? "local" : project.provider);
  what.from = call.value("from").value_or("");
  what.branch = call.value("branch").value_or("");
  what.env = project.env;
  for (auto const& one : call.values("env")) {
    if (one.find('=') == std::string::npos || one.starts_with('='))
      return fail(error_code::usage, fmt::format("--env {}: it is NAME=VALUE", in_quotes(one)));
    what.env.push_back(one);
  }
  auto const env_files = env_files_for(from, call, working_directory, is_there);
  if (!env_files) return std::unexpected(env_files.error());
  what.env_files = *env_files;
  for (auto const& one : project.services) {
    what.services.emplace_back(static_cast<wire::service_spec const&>(one));
    if (one.open && what.open.empty()) what.open = one.name;
    if (!one.required) what.optional_services.push_back(one.name);
  }
  for (auto const& text : call.values("port"))
    if (auto const good = set_port(what.services, text); !good) return std::unexpected(good.error());
  what.copy = project.setup.copy;
  what.limits = project.limits;
  what.after_connected = project.setup.run;
  what.before_close = project.teardown.run;
  what.keep_on_error = !call.has("discard-on-error");
  for (auto const& table : project.provider_tables)
    if (table.name == what.provider) what.settings.text = table.json;
  return what;
}

}  // namespace ostler::cli

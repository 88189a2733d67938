#include "keeper/environment/compose.hpp"

#include <fmt/format.h>
#include <string_view>

#include "base/name.hpp"
#include "keeper/environment/dotenv.hpp"
#include "keeper/environment/variables.hpp"

namespace ostler::keeper {
namespace {

result<void> add(variables& known, plain_layer const& layer) {
  for (std::string_view const each : layer.list) {
    auto const equals = each.find('=');
    // Whoever made our own environment may have put anything into it; what names nothing is not passed on.
    if (equals == 0 || equals == each.npos) continue;
    if (auto done = known.set(each.substr(0, equals), std::string(each.substr(equals + 1))); !done)
      return done;
  }
  return {};
}

result<void> add(variables& known, spec_layer const& layer) {
  auto const refuse = [&](error const& cause) {
    return fail(cause.code, fmt::format("{}: {}", layer.origin, cause.message));
  };
  for (std::string_view const each : layer.list) {
    auto const name = each.substr(0, each.find('='));
    if (name.size() == each.size())
      return refuse({.code = error_code::text_malformed,
                     .message = fmt::format("{} is not NAME=value", in_quotes(each))});
    if (!is_variable_name(name))
      return refuse({.code = error_code::text_malformed,
                     .message = fmt::format("{} is no name of a variable; allowed: letters, digits and '_', "
                                            "not beginning with a digit",
                                            in_quotes(name))});
    auto value = expand(each.substr(name.size() + 1), known);
    if (!value)
      return refuse({.code = value.error().code,
                     .message = fmt::format("{}: {}", in_quotes(name), value.error().message)});
    if (auto done = known.set(name, *std::move(value)); !done) return refuse(done.error());
  }
  return {};
}

result<void> add(variables& known, file_layer const& layer) {
  return read_dotenv(layer.path, layer.text, known);
}

}  // namespace

result<std::vector<std::string>> compose_environment(std::span<environment_layer const> layers) {
  variables known;
  for (auto const& layer : layers) {
    auto done = std::visit([&](auto const& each) { return add(known, each); }, layer);
    if (!done) return std::unexpected(std::move(done.error()));
  }
  return known.list();
}

}  // namespace ostler::keeper

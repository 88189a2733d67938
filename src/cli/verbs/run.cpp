#include <array>
#include <fmt/format.h>
#include <utility>

#include "cli/help.hpp"
#include "cli/refusals.hpp"
#include "cli/verbs/all.hpp"

namespace ostler::cli {
namespace {

struct binding {
  std::string_view name;
  verb_function what;
};

constexpr std::array bindings{
    binding{"up", up},
    binding{"down", down},
    binding{"start", start},
    binding{"stop", stop},
    binding{"restart", restart},
    binding{"wait", wait},
    binding{"prune", prune},
    binding{"ls", ls},
    binding{"status", status},
    binding{"logs", logs},
    binding{"events", events},
    binding{"port", port},
    binding{"diff", diff},
    binding{"leaks", leaks},
    binding{"exec", exec},
    binding{"shell", shell},
    binding{"attach", attach},
    binding{"init", init},
    binding{"import", import},
    binding{"trust", trust},
    binding{"config show", config_show},
    binding{"config check", config_check},
    binding{"config path", config_path},
    binding{"config schema", config_schema},
    binding{"provider ls", provider_ls},
    binding{"provider info", provider_info},
    binding{"provider test", provider_test},
    binding{"daemon run", daemon_run},
    binding{"daemon start", daemon_start},
    binding{"daemon stop", daemon_stop},
    binding{"daemon status", daemon_status},
    binding{"daemon logs", daemon_logs},
    binding{"daemon install", daemon_install},
    binding{"doctor", doctor},
    binding{"completion", completion},
    binding{"version", version},
    binding{"help", help},
    binding{"__complete", complete},
    binding{"__man", man},
    binding{"__unit", unit_for_packages},
};

int refused(context const& with, error const& why) {
  auto const& err = with.show().err;
  err.write(with.writes_json() ? refusal_json(why) : refusal_text(why, err));
  return facts(why.code).exit_code;
}

int help_for(context const& with) {
  auto const& out = with.show().out;
  auto const& call = with.call();
  if (call.which != nullptr)
    out.write(verb_help(*call.which, out));
  else if (!call.noun.empty())
    out.write(noun_help(call.noun, out));
  else
    out.write(overview(out));
  return exit_done;
}

}  // namespace

verb_function function_of(std::string_view name) {
  for (auto const& one : bindings)
    if (one.name == name) return one.what;
  return nullptr;
}

int run(surroundings around, std::vector<std::string> const& words) {
  auto call = parse_arguments(words);
  if (!call) {
    context const with(std::move(around), {});
    return refused(with, call.error());
  }
  context with(std::move(around), std::move(*call));
  if (with.call().has("version")) {
    with.show().out.line("ostler " + with.around().version);
    return exit_done;
  }
  if (with.call().which == nullptr || with.call().has("help")) return help_for(with);
  auto const ended = function_of(with.call().which->name)(with);
  return ended ? *ended : refused(with, ended.error());
}

}  // namespace ostler::cli

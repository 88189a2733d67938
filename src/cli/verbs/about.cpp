#include <boost/describe.hpp>
#include <fmt/format.h>

#include "cli/completion.hpp"
#include "cli/help.hpp"
#include "cli/pages.hpp"
#include "cli/text.hpp"
#include "cli/verbs/all.hpp"
#include "cli/verbs/json_out.hpp"
#include "operations/daemon_operations.hpp"
#include "operations/instance_operations.hpp"

namespace ostler::cli {
namespace {

struct versions {
  std::string version;
  std::optional<operations::version_told> daemon;
};
BOOST_DESCRIBE_STRUCT(versions, (), (version, daemon))

}  // namespace

result<int> version(context& with) {
  with.never_start();
  versions told{.version = with.around().version, .daemon = {}};
  // Somebody who asks for the version waits for nothing.
  if (auto const found = with.ask<operations::version>({}, 1s)) told.daemon = *found;
  if (with.writes_json()) {
    print_json(with, told);
    return exit_done;
  }
  auto const& out = with.show().out;
  out.line("ostler " + told.version);
  out.line(told.daemon ? fmt::format("ostlerd {} (interface {})", printable(told.daemon->version),
                                     printable(told.daemon->api))
                       : std::string("ostlerd is not running"));
  return exit_done;
}

result<int> help(context& with) {
  auto const& out = with.show().out;
  auto const& words = with.call().operands;
  if (words.empty()) {
    out.write(overview(out));
    return exit_done;
  }
  auto const text = help_about(words.size() == 2 ? fmt::format("{} {}", words[0], words[1]) : words[0], out);
  if (!text) return std::unexpected(text.error());
  out.write(*text);
  return exit_done;
}

result<int> completion(context& with) {
  auto const text = completion_script(with.call().operands.front());
  if (!text) return std::unexpected(text.error());
  with.show().out.write(*text);
  return exit_done;
}

result<int> man(context& with) {
  with.show().out.write(man_page(with.around().version));
  return exit_done;
}

// A shell that hangs is worse than one that completes nothing, so this waits shortly and fails in silence.
result<int> complete(context& with) {
  with.never_start();
  constexpr milliseconds limit{300};
  auto const& words = with.call().operands;
  auto const& out = with.show().out;
  if (words.front() == "instances") {
    auto const found = with.ask<operations::instances_list>({}, limit);
    if (!found) return exit_failed;
    for (auto const& one : found->instances) out.line(printable(one.name));
    return exit_done;
  }
  if (words.front() != "services" || words.size() < 2) return exit_failed;
  auto const found = with.ask<operations::services_list>({.instance = words[1]}, limit);
  if (!found) return exit_failed;
  for (auto const& one : found->services) out.line(printable(one.name));
  return exit_done;
}

}  // namespace ostler::cli

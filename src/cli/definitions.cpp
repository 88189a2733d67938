#include "cli/definitions.hpp"

#include <algorithm>
#include <array>

#include "cli/definitions_enter.hpp"
#include "cli/definitions_lifecycle.hpp"
#include "cli/definitions_look.hpp"
#include "cli/definitions_setup.hpp"

namespace ostler::cli {
namespace {

constexpr std::array global{
    option{.name = "host",
           .value = "ADDRESS",
           .about = "the daemon: unix:///PATH or http://HOST:PORT; else OSTLER_URL, else its usual socket"},
    option{.name = "token-file",
           .value = "FILE",
           .about = "a file with the token to show; else OSTLER_TOKEN",
           .with = completes::files},
    option{.name = "project",
           .value = "DIR",
           .about = "as if called in that directory",
           .with = completes::directories},
    option{.name = "config",
           .value = "FILE",
           .about = "the settings of the project, instead of looking for them; - reads standard input",
           .with = completes::files},
    option{.letter = 'o',
           .name = "output",
           .value = "FORMAT",
           .about = "how the answer is written",
           .words = "table|wide|json|jsonl|name"},
    option{.name = "json", .about = "the same as --output json"},
    option{.letter = 'q', .name = "quiet", .about = "no progress and no hints; of lists, only the names"},
    option{.name = "no-input", .about = "never ask; what would be asked is refused"},
    option{.letter = 'y', .name = "yes", .about = "answer yes where a confirmation is asked for"},
    option{.name = "color", .value = "WHEN", .about = "colours", .words = "auto|always|never"},
    option{.name = "no-color", .about = "the same as --color never"},
    option{.name = "progress", .value = "MODE", .about = "progress", .words = "auto|tty|plain|quiet"},
    option{.letter = 'h', .name = "help", .about = "about this command"},
    option{.name = "version", .about = "the version of this program"},
};

constexpr auto joined = [] {
  constexpr auto size = lifecycle_verbs.size() + look_verbs.size() + enter_verbs.size() + setup_verbs.size();
  std::array<verb, size> out{};
  auto* at = out.data();
  for (auto const& one : lifecycle_verbs) *at++ = one;
  for (auto const& one : look_verbs) *at++ = one;
  for (auto const& one : enter_verbs) *at++ = one;
  for (auto const& one : setup_verbs) *at++ = one;
  return out;
}();

}  // namespace

std::string_view title(group which) {
  switch (which) {
    case group::lifecycle: return "Lifecycle";
    case group::look: return "Look";
    case group::enter: return "Enter";
    case group::setup: return "Setup";
    case group::hidden: return {};
  }
  return {};
}

std::span<verb const> all_verbs() { return joined; }
std::span<option const> global_options() { return global; }

verb const* find_verb(std::string_view name) {
  auto const at = std::ranges::find(joined, name, &verb::name);
  return at == joined.end() ? nullptr : &*at;
}

std::vector<verb const*> verbs_below(std::string_view noun) {
  std::vector<verb const*> out;
  for (auto const& one : joined)
    if (one.name.size() > noun.size() + 1 && one.name.starts_with(noun) && one.name[noun.size()] == ' ')
      out.push_back(&one);
  return out;
}

option const* find_option(verb const& of, std::string_view name) {
  auto const own = std::ranges::find(of.options, name, &option::name);
  if (own != of.options.end()) return &*own;
  auto const everywhere = std::ranges::find(global, name, &option::name);
  return everywhere == global.end() ? nullptr : &*everywhere;
}

}  // namespace ostler::cli

#include "cli/help.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/name.hpp"
#include "cli/exit_codes.hpp"
#include "cli/text.hpp"
#include "operations/shown.hpp"

namespace ostler::cli {
namespace {

constexpr std::size_t columns_most = 100;
constexpr std::size_t columns_unknown = 80;
constexpr std::size_t about_column = 30;

std::size_t columns_for(channel const& where) {
  return where.columns() == 0 ? columns_unknown : std::clamp<std::size_t>(where.columns(), 40, columns_most);
}

struct variable {
  std::string_view name;
  std::string_view about;
};
constexpr std::array variables{
    variable{"OSTLER_URL", "the daemon, as --host; OSTLER_HOST is understood too"},
    variable{"OSTLER_TOKEN", "the token to show to it"},
    variable{"OSTLER_STATE", "where the daemon keeps its state; each state has a daemon of its own"},
    variable{"OSTLER_NO_AUTOSTART", "set: never start the daemon by itself"},
    variable{"OSTLER_CONFIG", "the settings of the project, as --config"},
    variable{"OSTLER_INSTANCE", "set in every instance: the one that is meant when none is named"},
    variable{"NO_COLOR, OSTLER_NO_COLOR", "set: no colours"},
    variable{"FORCE_COLOR, CLICOLOR_FORCE", "set: colours also where there is no terminal"},
    variable{"XDG_CONFIG_HOME", "ostler/config.toml in it are the settings of the user"},
    variable{"XDG_STATE_HOME", "ostler in it holds journal, logs and agreements"},
    variable{"XDG_RUNTIME_DIR", "ostler/ostler.sock in it is the daemon's socket"},
    variable{"PAGER", "shows long output on a terminal; else less -FIRX"},
};

std::string heading(channel const& where, std::string_view text) {
  return where.paint(role::strong, text) + "\n";
}

std::string pair_of(std::string_view left, std::string_view right, std::size_t columns, std::size_t column) {
  auto out = fmt::format("  {}", left);
  auto const used = columns_of(out);
  out += used + 2 > column ? "\n" + std::string(column, ' ') : std::string(column - used, ' ');
  return out + wrapped(right, columns > column + 20 ? columns - column : 20, column) + "\n";
}

std::string option_lines(std::span<option const> options, std::size_t columns) {
  std::string out;
  for (auto const& one : options) {
    auto about = std::string(one.about);
    if (!one.words.empty()) {
      std::string words(one.words);
      for (std::size_t at = 0; (at = words.find('|', at)) != std::string::npos; at += 2)
        words.replace(at, 1, ", ");
      about += ": " + words;
    }
    if (one.many) about += " (may be repeated)";
    out += pair_of(option_words(one), about, columns, about_column);
  }
  return out;
}

std::string usage_of(verb const& about) {
  return fmt::format("ostler {} [OPTION...]{}{}", about.name, about.operands.empty() ? "" : " ",
                     about.operands);
}

std::string exit_codes_page(channel const& where) {
  auto out = heading(where, "Exit codes");
  for (auto const& one : exit_lines) out += fmt::format("  {:<5}{}\n", one.code, one.meaning);
  return out;
}

std::string environment_page(channel const& where) {
  auto out = heading(where, "Environment");
  for (auto const& one : variables) out += pair_of(one.name, one.about, columns_for(where), about_column);
  return out;
}

std::string error_page(error_facts const& about, channel const& where) {
  auto out = heading(where, fmt::format("{} {}", about.code, about.name));
  out += fmt::format("  {}\n  exit code {}{}\n", wrapped(about.help, columns_for(where) - 2, 2),
                     about.exit_code, about.retryable ? "; the same may succeed later" : "");
  return out;
}

constexpr std::array<std::string_view, 2> topics{"exit-codes", "environment"};

}  // namespace

std::string wrapped(std::string_view text, std::size_t columns, std::size_t indent) {
  std::string out;
  std::size_t used = 0;
  while (!text.empty()) {
    auto const end = std::min(text.find(' '), text.size());
    auto const word = text.substr(0, end);
    auto const width = columns_of(word);
    if (used > 0 && used + 1 + width > columns) {
      // Words may stand two blanks apart.
      while (out.ends_with(' ')) out.pop_back();
      out += "\n" + std::string(indent, ' ');
      used = 0;
    }
    if (used > 0) {
      out += ' ';
      ++used;
    }
    out += word;
    used += width;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string option_words(option const& one) {
  auto const letter = one.letter != 0 ? fmt::format("-{}, ", one.letter) : std::string("    ");
  return fmt::format("{}--{}{}{}", letter, one.name, one.takes_value() ? " " : "", one.value);
}

std::string overview(channel const& where) {
  auto out = std::string("ostler - run isolated dev and agent environments\n\n");
  out += heading(where, "Start here");
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> first{{
      {"ostler up", "create (if needed) and start an instance, wait until it is ready"},
      {"ostler ls", "what is running, where, and who needs you"},
      {"ostler logs feat-a -f", "follow the logs of every service of feat-a"},
  }};
  for (auto const& [command, about] : first) out += fmt::format("  {:<27}{}\n", command, about);
  out += "\n";
  for (auto const in : {group::lifecycle, group::look, group::enter, group::setup}) {
    std::vector<std::string_view> words;
    for (auto const& one : all_verbs()) {
      auto const word = one.name.substr(0, one.name.find(' '));
      if (one.in == in && std::ranges::find(words, word) == words.end()) words.push_back(word);
    }
    auto line = where.paint(role::strong, title(in)) + std::string(13 - title(in).size(), ' ');
    std::string joined;
    for (auto const& word : words) joined += fmt::format("{}{}", joined.empty() ? "" : "  ", word);
    out += line + wrapped(joined, columns_for(where) - 13, 13) + "\n";
  }
  out += "\n" + heading(where, "Everywhere") + option_lines(global_options(), columns_for(where));
  out += "\nostler help VERB tells more; ostler help exit-codes and environment tell the rest.\n";
  return out;
}

std::string verb_help(verb const& about, channel const& where) {
  auto const columns = columns_for(where);
  auto out = fmt::format("{}\n\n", wrapped(about.about, columns, 0));
  if (!about.examples.empty()) {
    for (auto const& one : about.examples)
      out += fmt::format("  {}\n      {}\n", one.command, wrapped(one.about, columns - 6, 6));
    out += "\n";
  }
  out += fmt::format("{}  {}\n", heading(where, "Usage"), usage_of(about));
  if (!about.detail.empty()) out += fmt::format("\n{}\n", wrapped(about.detail, columns, 0));
  if (!about.options.empty()) out += "\n" + heading(where, "Options") + option_lines(about.options, columns);
  out += "\n" + heading(where, "Everywhere") + option_lines(global_options(), columns);
  return out;
}

std::string noun_help(std::string_view noun, channel const& where) {
  std::string out;
  for (auto const* one : verbs_below(noun))
    out += pair_of(fmt::format("ostler {} {}", one->name, one->operands), one->about, columns_for(where),
                   about_column);
  return out;
}

result<std::string> help_about(std::string_view what, channel const& where) {
  if (auto const* found = find_verb(what)) return verb_help(*found, where);
  if (!verbs_below(what).empty()) return noun_help(what, where);
  if (what == topics[0]) return exit_codes_page(where);
  if (what == topics[1]) return environment_page(where);
  if (auto const* found = find_error(what)) return error_page(*found, where);
  std::vector<std::string_view> known(topics.begin(), topics.end());
  for (auto const& one : all_verbs())
    if (one.in != group::hidden) known.push_back(one.name);
  return fail(
      error_code::usage,
      fmt::format("there is no help about {}{}", in_quotes(what), operations::did_you_mean(what, known)), {},
      {"ostler help"});
}

}  // namespace ostler::cli

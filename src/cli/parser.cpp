// The only code that knows CLI11: it is slow to compile, and says less than we do when a word is wrong.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "base/name.hpp"
#include "cli/arguments.hpp"
#include "operations/shown.hpp"

namespace ostler::cli {
namespace {

std::unexpected<error> refuse(std::string message, std::vector<std::string> hints = {}) {
  return fail(error_code::usage, std::move(message), {}, std::move(hints));
}

bool is_option(std::string_view word) { return word.size() > 1 && word.front() == '-' && word != "--"; }

// An option that has its value in the next word: "--since", "-n", and "-fn" where the last letter takes one.
bool takes_next_word(std::span<option const> options, std::string_view word) {
  bool const is_long = word.starts_with("--");
  return std::ranges::any_of(options, [&](option const& one) {
    if (!one.takes_value()) return false;
    return is_long ? word.substr(2) == one.name : one.letter != 0 && word.back() == one.letter;
  });
}

struct split_words {
  verb const* which = nullptr;
  std::string noun;
  // Without the words of the verb.
  std::vector<std::string> rest;
};

std::vector<std::string_view> first_words() {
  std::vector<std::string_view> out;
  for (auto const& one : all_verbs()) {
    if (one.in == group::hidden) continue;
    auto const word = one.name.substr(0, one.name.find(' '));
    if (std::ranges::find(out, word) == out.end()) out.push_back(word);
  }
  return out;
}

std::unexpected<error> unknown_verb(std::string_view word) {
  auto const known = first_words();
  std::vector<std::string> hints;
  for (auto const& near : operations::near_names(word, known))
    hints.push_back(fmt::format("ostler {}", near));
  hints.emplace_back("ostler help");
  return refuse(
      fmt::format("there is no command {}{}", in_quotes(word), operations::did_you_mean(word, known)),
      std::move(hints));
}

std::unexpected<error> unknown_verb_below(std::string_view noun, std::string_view word) {
  std::string names;
  for (auto const* one : verbs_below(noun))
    names += fmt::format("{}{}", names.empty() ? "" : ", ", one->name.substr(noun.size() + 1));
  return refuse(fmt::format("`ostler {}` has no command {}; it has: {}", noun, in_quotes(word), names),
                {fmt::format("ostler help {}", noun)});
}

result<split_words> find_the_verb(std::vector<std::string> const& words) {
  split_words out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    auto const& word = words[i];
    if (out.which != nullptr || is_option(word)) {
      out.rest.push_back(word);
      bool const two = out.which == nullptr && takes_next_word(global_options(), word);
      if (two && i + 1 < words.size()) out.rest.push_back(words[++i]);
      continue;
    }
    if (!out.noun.empty()) {
      out.which = find_verb(fmt::format("{} {}", out.noun, word));
      if (out.which == nullptr) return unknown_verb_below(out.noun, word);
      continue;
    }
    out.which = find_verb(word);
    if (out.which != nullptr) continue;
    if (verbs_below(word).empty()) return unknown_verb(word);
    out.noun = word;
  }
  return out;
}

std::string spelled(option const& one) {
  return one.letter != 0 ? fmt::format("-{},--{}", one.letter, one.name) : fmt::format("--{}", one.name);
}

// What CLI11 fills for one option.
struct slot {
  option const* about;
  std::vector<std::string> values;
  CLI::Option* made = nullptr;
};

void declare(CLI::App& app, slot& one) {
  if (!one.about->takes_value()) {
    one.made = app.add_flag(spelled(*one.about));
    return;
  }
  one.made = app.add_option(spelled(*one.about), one.values);
  // One value each time; more of them only by saying the option again.
  one.made->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

result<void> check_words(slot const& one) {
  if (one.about->words.empty()) return {};
  auto const allowed = [&](std::string_view value) {
    auto rest = one.about->words;
    for (;;) {
      auto const end = rest.find('|');
      if (rest.substr(0, end) == value) return true;
      if (end == std::string_view::npos) return false;
      rest.remove_prefix(end + 1);
    }
  };
  for (auto const& value : one.values)
    if (!allowed(value))
      return refuse(
          fmt::format("--{} is one of {}, not {}", one.about->name, one.about->words, in_quotes(value)));
  return {};
}

std::unexpected<error> left_over(arguments const& of, std::string_view word) {
  auto const verb_name = of.which != nullptr ? std::string(of.which->name) : of.noun;
  auto const called = verb_name.empty() ? "ostler" : "ostler " + verb_name;
  auto const help = verb_name.empty() ? "ostler help" : "ostler help " + verb_name;
  if (!word.starts_with('-') || word == "-")
    return refuse(fmt::format("`{}` does not take {}", called, in_quotes(word)), {help});
  std::vector<std::string_view> known;
  for (auto const& one : global_options()) known.push_back(one.name);
  if (of.which != nullptr)
    for (auto const& one : of.which->options) known.push_back(one.name);
  auto bare = word.substr(word.starts_with("--") ? 2 : 1);
  bare = bare.substr(0, bare.find('='));
  return refuse(fmt::format("`{}` has no option {}{}", called, in_quotes(word.substr(0, word.find('='))),
                            bare.size() > 1 ? operations::did_you_mean(bare, known) : ""),
                {help});
}

// What stands behind "--", or without it from the second operand on; options stand on either side of the
// first, since no command begins with a dash.
std::vector<std::string> split_off_command(verb const& of, std::vector<std::string>& words) {
  std::size_t at = 0;
  bool named = false;
  while (at < words.size() && words[at] != "--") {
    bool const option = is_option(words[at]);
    if (!option && std::exchange(named, true)) break;
    bool const two = takes_next_word(of.options, words[at]) || takes_next_word(global_options(), words[at]);
    at += option && two ? 2 : 1;
  }
  at = std::min(at, words.size());
  bool const dashed = at < words.size() && words[at] == "--";
  auto const end = words.begin() + static_cast<std::ptrdiff_t>(at);
  std::vector<std::string> command(end + (dashed ? 1 : 0), words.end());
  words.erase(end, words.end());
  return command;
}

result<void> check_counts(arguments const& of) {
  if (of.which == nullptr || of.given.contains("help")) return {};
  if (of.operands.size() < of.which->least)
    return refuse(fmt::format("`ostler {}` takes {}", of.which->name, of.which->operands),
                  {fmt::format("ostler help {}", of.which->name)});
  if (of.which->runs_command && of.command.empty())
    return refuse(fmt::format("`ostler {}` takes a command to run", of.which->name),
                  {fmt::format("ostler {} {}", of.which->name, of.which->operands)});
  return {};
}

}  // namespace

result<arguments> parse_arguments(std::vector<std::string> const& words) {
  auto found = find_the_verb(words);
  if (!found) return std::unexpected(std::move(found.error()));
  arguments out;
  out.which = found->which;
  out.noun = found->noun;
  bool const runs = out.which != nullptr && out.which->runs_command;
  if (runs) out.command = split_off_command(*out.which, found->rest);

  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::vector<slot> slots;
  for (auto const& one : global_options()) slots.push_back({.about = &one});
  if (out.which != nullptr)
    for (auto const& one : out.which->options) slots.push_back({.about = &one});
  // Slots do not move any more: CLI11 keeps their addresses.
  for (auto& one : slots) declare(app, one);
  auto const most = runs ? 1 : out.which != nullptr ? out.which->most : 0;
  if (most > 0) {
    auto const most_told = static_cast<int>(std::min<std::size_t>(most, 1UL << 20U));
    app.add_option("operands", out.operands)->expected(0, most_told);
  }
  std::ranges::reverse(found->rest);
  try {
    app.parse(std::move(found->rest));
  } catch (CLI::ParseError const& why) {
    return refuse(why.what(),
                  {out.which != nullptr ? fmt::format("ostler help {}", out.which->name) : "ostler help"});
  }
  auto const extras = app.remaining();
  if (!extras.empty()) return left_over(out, extras.front());
  for (auto& one : slots) {
    if (one.made->count() == 0) continue;
    if (auto const good = check_words(one); !good) return std::unexpected(good.error());
    if (!one.about->takes_value()) one.values.assign(one.made->count(), {});
    out.given.emplace(std::string(one.about->name), std::move(one.values));
  }
  if (auto const good = check_counts(out); !good) return std::unexpected(good.error());
  return out;
}

}  // namespace ostler::cli

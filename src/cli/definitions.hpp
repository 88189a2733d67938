// Every verb of the command line, once: its words, its options, what it is for.
//
// The parser, --help, the man page, the completions of the shells and the page of reference are all views of
// this table; therefore none of them can promise what another does not know.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

namespace ostler::cli {

// What a shell may complete a word with.
enum class completes : std::uint8_t { nothing, instances, services, files, directories, verbs };

struct option {
  char letter = 0;
  std::string_view name;
  // What stands for the value; empty when it takes none.
  std::string_view value = {};
  std::string_view about;
  bool many = false;
  // The values it may have, between bars; empty for any.
  std::string_view words = {};
  completes with = completes::nothing;

  constexpr bool takes_value() const { return !value.empty(); }
};

enum class group : std::uint8_t { lifecycle, look, enter, setup, hidden };
std::string_view title(group which);

struct example {
  std::string_view command;
  std::string_view about;
};

struct verb {
  // "up", "daemon run"
  std::string_view name;
  group in = group::lifecycle;
  // As they stand in the help: "[NAME] [SERVICE...]".
  std::string_view operands = {};
  std::size_t least = 0;
  std::size_t most = 0;
  // Of the first operand, and of those after it.
  completes first = completes::nothing;
  completes rest = completes::nothing;
  std::string_view about;
  std::string_view detail = {};
  std::span<option const> options = {};
  std::span<example const> examples = {};
  // What follows the operands is a command with options of its own.
  bool runs_command = false;
};

inline constexpr auto any_number = std::numeric_limits<std::size_t>::max();

// In the order of the help.
std::span<verb const> all_verbs();
verb const* find_verb(std::string_view name);
// Those whose name begins with this word and a blank: of "daemon", its verbs.
std::vector<verb const*> verbs_below(std::string_view noun);
// Understood by every verb, before it and after it.
std::span<option const> global_options();
// Of the verb or of all; null when there is none.
option const* find_option(verb const& of, std::string_view name);

}  // namespace ostler::cli

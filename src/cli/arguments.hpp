// The words of one call, sorted: which verb, what it is about, and which options were given.
//
// Whoever reads an option names it as definitions.hpp does; a name that the verb does not have is a mistake
// of ours.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "cli/definitions.hpp"

namespace ostler::cli {

class arguments {
 public:
  // Null: no verb was given, or only the noun of several.
  verb const* which = nullptr;
  // The noun when only that was given: "daemon".
  std::string noun;
  std::vector<std::string> operands;
  // What is to be run, for verbs that run something.
  std::vector<std::string> command;
  // By the option's name, in the order of the words; a flag has an empty text for each time.
  std::map<std::string, std::vector<std::string>, std::less<>> given;

  bool has(std::string_view option) const;
  // The last one; nothing when it was not given.
  std::optional<std::string> value(std::string_view option) const;
  std::vector<std::string> values(std::string_view option) const;
  // Refusals name the option.
  result<std::optional<milliseconds>> duration(std::string_view option) const;
  result<std::optional<std::uint32_t>> number(std::string_view option, std::uint32_t least,
                                              std::uint32_t most) const;
};

// Without the program's name. Refuses with `usage`; nothing is guessed.
result<arguments> parse_arguments(std::vector<std::string> const& words);

}  // namespace ostler::cli

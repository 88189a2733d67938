// Environment variables by name, and the reading of ${NAME} in their values.
//
// What people write here can double with every line (B=$A$A), so that there is a limit of what may come to
// be: a variable that execve(2) would refuse is refused here, by its name, and so is an environment beyond
// all use.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace ostler::keeper {

// What the kernel takes as one string, its end included (MAX_ARG_STRLEN).
inline constexpr std::size_t variable_size_max = 128 * 1024;
// Of all values ever set, those that were replaced later included: it bounds the work, too.
inline constexpr std::size_t environment_size_max = 2 * 1024 * 1024;

// [A-Za-z_][A-Za-z0-9_]*
bool is_variable_name(std::string_view text);
// How long a name the text begins with; 0 for none.
std::size_t variable_name_length(std::string_view text);

class variables {
 public:
  // Replaces. Refuses what no process can be given; the name is the caller's to judge.
  result<void> set(std::string_view name, std::string value);
  // Null when there is none.
  std::string const* find(std::string_view name) const;
  // "NAME=value", by name.
  std::vector<std::string> list() const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
  std::size_t written_ = 0;
};

//   none           a backslash is a backslash
//   double_quoted  \n \t \r \" \\ \$ are what they say; before anything else a backslash stays
enum class escapes : unsigned char { none, double_quoted };

// The text with $NAME, ${NAME} and ${NAME:-instead} replaced: unknown ones by nothing, unknown and empty ones
// by what stands behind ":-". "$$" is a "$", and so is one that nothing fitting follows.
result<std::string> expand(std::string_view text, variables const& known, escapes how = escapes::none);

}  // namespace ostler::keeper

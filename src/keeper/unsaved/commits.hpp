// Which commits of a checkout exist nowhere else.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "keeper/unsaved/quiet_git.hpp"

namespace ostler::keeper {

struct named_object {
  std::string id;
  // What is said when it would be lost.
  std::string name;
};

// Of all branches, the head and each stash: a line for each whose commits neither the repository of `base`
// has nor a branch that was fetched from a remote. `base` may be null. Tags are asked for only beside a base,
// because nobody can tell those that were fetched from those that were made. With them `more`, which no
// remote can have.
result<std::vector<std::string>> find_lost(quiet_git const& git, quiet_git const* base,
                                           std::vector<named_object> more);

}  // namespace ostler::keeper
